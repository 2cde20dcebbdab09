/* What the callbacks of sasl.c and the mechanism of scram_mech.c know of their
 * exchange. libsasl2's return codes are not trusted to tell why something
 * failed (it forgets); the verdict is. */
#ifndef AUTH_SASL_SESSION_H
#define AUTH_SASL_SESSION_H

#include "auth/checker.h"

struct sasl_session {
    const struct checker *checker;
    char address[THROTTLE_KEY_MAX];
    enum verdict verdict;
    bool exists;
    char user[ADDRESS_MAX + 1];
};

/* The in-process mechanism, for sasl_server_add_plugin(). */
#define SCRAM_MECH_PLUGIN "pillarbox-scram"
int scram_mech_add(void);

#endif
