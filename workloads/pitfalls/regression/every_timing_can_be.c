/* Regression test: of other blocks, other numbers of rounds and other readings
 * than those of the benchmark, every timing is one that can be. */
#include "claim.h"

#define BLOCK_BYTES    300000
#define ROUNDS_COUNT   200000
#define READINGS_COUNT 300
#define REPEATS_COUNT  10

static uint8_t block[BLOCK_BYTES];

static int check(const char *what, struct timing timing)
{
	enum claim claim = claim_of(&timing);

	if (claim != CLAIM_POSSIBLE)
		printf("FAILED: the timing of the %s %s\n", what,
		       claim_text(claim));
	return claim != CLAIM_POSSIBLE;
}

int main(void)
{
	FILE *log = fopen("/dev/null", "w");
	struct timing whole, numbered, logged;
	uint32_t answer;

	if (!log)
		return 2;
	for (size_t i = 0; i < BLOCK_BYTES; i++)
		block[i] = (uint8_t)(i * 17 + i / 100);
	whole = time_block(block, BLOCK_BYTES);
	numbered = time_number(ROUNDS_COUNT, &answer);
	logged = time_readings(block, READINGS_COUNT, log);
	for (int i = 1; i < REPEATS_COUNT; i++) {
		whole = quicker_of(whole, time_block(block, BLOCK_BYTES));
		numbered = quicker_of(numbered,
				      time_number(ROUNDS_COUNT, &answer));
		logged = quicker_of(logged,
				    time_readings(block, READINGS_COUNT, log));
	}
	fclose(log);
	return check("block", whole) + check("number", numbered) +
			       check("readings", logged)
		       ? 1
		       : 0;
}
