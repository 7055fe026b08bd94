/* A clock that stands still until a test moves it. */
#ifndef SUPPORT_FAKE_CLOCK_H
#define SUPPORT_FAKE_CLOCK_H

#include "base/clock.h"

extern struct clock fake_clock;

/* Lets time pass, and runs what has waited for it. */
void fake_clock_pass(int milliseconds);

#endif
