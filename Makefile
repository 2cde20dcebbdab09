# One Makefile, no recursion. Objects go to build/<compiler>-<mode>/.
#
#   make                build the programs (release)
#   make check          lint, unit tests, dialogues; under ASan + UBSan
#   make check-full     adds real clients, fuzzing, kill -9, full disk
#   make bench          side by side with Debian's Postfix and Dovecot
#   make lint           style: floors, format, lengths, names, warnings
#   make run            run in the foreground, state below run/
#   make install        DESTDIR, PREFIX
#
# CC=clang-14 for clang; MODE=asan for the sanitizers.

CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
MODE    ?= release
OUT     := build/$(notdir $(CC))-$(MODE)
PREFIX  ?= /usr/local
VERSION := 0.1.0

PROGRAMS := pillarbox smtpd pop3d imapd-lite authd mailstored
FOLDERS  := base net mail conf kv auth mailstore smtpd pop3d imapd-lite pillarbox
MAINS    := pillarbox/main.c smtpd/main.c pop3d/main.c imapd-lite/main.c \
            auth/main.c mailstore/main.c

WARN := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes \
        -Wstrict-prototypes -Wvla -Wwrite-strings -Wformat=2 \
        -Wimplicit-fallthrough -Werror -Wno-missing-field-initializers
HARDEN := -fstack-protector-strong -fstack-clash-protection \
          -fcf-protection=full -fno-strict-overflow \
          -fno-delete-null-pointer-checks -fno-strict-aliasing -fno-common
IS_CLANG := $(findstring clang,$(CC))
ifeq ($(IS_CLANG),)
# No -ftrivial-auto-var-init: to clear the padding of a structure that holds a
# structure with an array and padding behind it, gcc 12.2 clears octets of the
# array.
HARDEN += -fzero-call-used-regs=used-gpr
# gcc guesses wrong where what a function returns tells whether it has set a
# variable; clang and the sanitizers know better.
WARN += -Wno-maybe-uninitialized
endif

CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=3 $(HARDEN)
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
                  -fno-sanitize-recover=all
CFLAGS_fuzz    := $(CFLAGS_asan) -fsanitize=fuzzer-no-link
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
LDFLAGS_asan    := -fsanitize=address,undefined
LDFLAGS_fuzz    := $(LDFLAGS_asan) -fsanitize=fuzzer

CPPFLAGS := -I. -D_GNU_SOURCE -DPILLARBOX_VERSION='"$(VERSION)"'
CFLAGS   := -std=c17 -fPIE $(WARN) $(CFLAGS_$(MODE)) -MMD -MP
LDFLAGS  := $(LDFLAGS_$(MODE)) -Wl,--as-needed
LIBS     := -lev -lssl -lcrypto -lsasl2 -ldb-5.3 -lseccomp -lpthread

SOURCES   := $(wildcard $(addsuffix /*.c,$(FOLDERS)))
LIB_OBJS  := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(MAINS),$(SOURCES)))
MAIN_OBJS := $(patsubst %.c,$(OUT)/%.o,$(wildcard $(MAINS)))
LIB       := $(OUT)/libpillarbox.a
BINS      := $(addprefix $(OUT)/bin/,$(PROGRAMS))

TEST_SRCS := $(wildcard $(patsubst %,tests/%/*_test.c,$(FOLDERS)))
TESTS     := $(patsubst %.c,$(OUT)/%,$(TEST_SRCS))
FUZZ_SRCS := $(wildcard $(patsubst %,tests/fuzz/%_*_fuzz.c,$(FOLDERS)))
FUZZERS   := $(patsubst %.c,$(OUT)/%,$(FUZZ_SRCS))
TEST_LIB  := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/*.c))

.PHONY: all bench check check-full lint run install clean fuzzers tests
all: $(BINS)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(LIB): $(LIB_OBJS)
	@rm -f $@
	ar rcs $@ $^

$(OUT)/bin/pillarbox: $(OUT)/pillarbox/main.o $(LIB)
$(OUT)/bin/smtpd: $(OUT)/smtpd/main.o $(LIB)
$(OUT)/bin/pop3d: $(OUT)/pop3d/main.o $(LIB)
$(OUT)/bin/imapd-lite: $(OUT)/imapd-lite/main.o $(LIB)
$(OUT)/bin/authd: $(OUT)/auth/main.o $(LIB)
$(OUT)/bin/mailstored: $(OUT)/mailstore/main.o $(LIB)
$(BINS):
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(TESTS): $(OUT)/%: $(OUT)/%.o $(TEST_LIB) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $< $(TEST_LIB) $(LIB) $(LIBS)

# Under MODE=fuzz (clang) libFuzzer brings main(); elsewhere tests/fuzz/replay.c.
ifeq ($(MODE),fuzz)
FUZZ_MAIN :=
else
FUZZ_MAIN := $(OUT)/tests/fuzz/replay.o
endif
$(FUZZERS): $(OUT)/%: $(OUT)/%.o $(FUZZ_MAIN) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $< $(FUZZ_MAIN) $(LIB) $(LIBS)

tests: $(TESTS)
fuzzers: $(FUZZERS)

check:
	tests/run

check-full:
	tests/run --full

# BENCH=--quick for an impression; needs root and `scripts/deps bench`.
bench:
	tests/bench/run $(BENCH)

ALL_C := $(SOURCES) $(wildcard $(addsuffix /*.h,$(FOLDERS))) \
         $(shell find tests -name '*.[ch]')
lint: $(LIB_OBJS) $(MAIN_OBJS)
	scripts/check-floors
	scripts/check-style
	clang-format-14 --dry-run --Werror $(ALL_C)
	scripts/check-globals $(LIB_OBJS) $(MAIN_OBJS)
	scripts/rfc-index --check
	if [ -n "$(wildcard docs/man/*)" ]; then \
	    mandoc -Tlint -Wwarning docs/man/*; fi

run: all
	scripts/instance run
	exec $(OUT)/bin/pillarbox run -c run/pillarbox.conf

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)/etc/pillarbox
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/sbin
	install -m 644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 docs/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 conf/pillarbox.conf \
	    $(DESTDIR)/etc/pillarbox/pillarbox.conf.sample

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
