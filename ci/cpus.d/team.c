/* SPDX-License-Identifier: Apache-2.0 */
/* How many threads OpenMP makes of itself, by what it says and by counting them. */
#include <omp.h>
#include <stdio.h>

int main(void)
{
	int counted = 0;

#pragma omp parallel reduction(+ : counted)
	counted += 1;
	printf("%d %d %d\n", omp_get_num_procs(), omp_get_max_threads(), counted);
	return 0;
}
