/*
 * session/share.h - a share of samples, with its confidence interval.
 *
 * This is the only statistics in C, because no share is shown without its
 * interval. It is Wilson's score interval, 95 % (E. B. Wilson, JASA 22, 1927).
 * Where the weights w differ, the number of samples is the effective one,
 * (sum w)^2 / sum w^2.
 */
#ifndef CLINIC_SESSION_SHARE_H
#define CLINIC_SESSION_SHARE_H

#include <stdint.h>

struct clinic_share {
	double ratio;
	double low;
	double high;
};

/* samples_count 0 means that the numbers are exact: low = ratio = high. */
struct clinic_share clinic_share_of(uint64_t part, uint64_t whole,
				    double samples_count);
double clinic_share_samples(uint64_t whole, double squares);
/*
 * after - before, for independent runs, with Newcombe's interval, which is
 * made of the two score intervals (Statistics in Medicine 17, 1998, method 10).
 */
struct clinic_share clinic_share_change(struct clinic_share before,
					struct clinic_share after);

#endif
