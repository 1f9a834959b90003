/*
 * session/share.h - a share of samples, with what chance may have done.
 *
 * The only statistics in C: a share is never shown without its interval.
 * Wilson's score interval, 95 % (E. B. Wilson, JASA 22, 1927), over the
 * effective number of samples, (sum w)^2 / sum w^2, when they weigh unlike.
 */
#ifndef CLINIC_SESSION_SHARE_H
#define CLINIC_SESSION_SHARE_H

#include <stdint.h>

struct clinic_share {
	double ratio;
	double low;
	double high;
};

/* samples_count 0: the numbers are exact, low = ratio = high. */
struct clinic_share clinic_share_of(uint64_t part, uint64_t whole,
				    double samples_count);
double clinic_share_samples(uint64_t whole, double squares);
/*
 * after - before, independent runs: Newcombe's interval from the two score
 * intervals (Statistics in Medicine 17, 1998, method 10).
 */
struct clinic_share clinic_share_change(struct clinic_share before,
					struct clinic_share after);

#endif
