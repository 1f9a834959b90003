/* Computes Wilson's and Newcombe's intervals of shares. */
#include "session/share.h"

#include <math.h>

/* The 97.5 % point of the normal distribution. */
static const double z = 1.959963984540054;

struct clinic_share clinic_share_of(uint64_t part, uint64_t whole,
				    double samples_count)
{
	double ratio = whole ? (double)part / (double)whole : 0.0;
	double n = samples_count;
	double centre;
	double half;

	if (n <= 0.0)
		return (struct clinic_share){ratio, ratio, ratio};
	centre = (ratio + z * z / (2.0 * n)) / (1.0 + z * z / n);
	half = z / (1.0 + z * z / n) *
	       sqrt(ratio * (1.0 - ratio) / n + z * z / (4.0 * n * n));
	return (struct clinic_share){ratio, fmax(centre - half, 0.0),
				     fmin(centre + half, 1.0)};
}

double clinic_share_samples(uint64_t whole, double squares)
{
	return squares > 0.0 ? (double)whole * (double)whole / squares : 0.0;
}

struct clinic_share clinic_share_change(struct clinic_share before,
					struct clinic_share after)
{
	double change = after.ratio - before.ratio;

	return (struct clinic_share){
		.ratio = change,
		.low = change - hypot(after.ratio - after.low,
				      before.high - before.ratio),
		.high = change + hypot(after.high - after.ratio,
				       before.ratio - before.low),
	};
}
