/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a pair of pseudo-terminals between two threads: lines, echo, end of file, raw bytes, window size, hang-up. */
#include <sys/ioctl.h>
#include <termios.h>

#include "io.h"

static int masters[MAX_THREADS], slaves[MAX_THREADS];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg, pair = me / 2;
	int master = masters[pair], slave = slaves[pair];
	char buffer[100];
	struct winsize size = { 24, 80, 0, 0 }, got;
	struct termios modes;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2 == 0) {
			/* The erase character takes back a letter; the line is echoed, its end as two bytes. */
			write_all(master, "helx\x7flo\n", 8);
			read_all(master, buffer, 4 + 3 + 2 + 2);
			CHECK(memcmp(buffer, "helx\b \blo\r\n", 11) == 0);
			read_all(master, buffer, 7);
			CHECK(memcmp(buffer, "reply\r\n", 7) == 0);
			write_all(master, "\x04", 1);
			meet();
			meet();
			write_all(master, "\x04\n\x7f", 3);
			read_all(master, buffer, 2);
			CHECK(memcmp(buffer, "r\n", 2) == 0);
			size.ws_row = (unsigned short)(30 + i);
			CHECK(ioctl(master, TIOCSWINSZ, &size) == 0);
			meet();
			meet();
		} else {
			CHECK(isatty(slave) && tcgetattr(slave, &modes) == 0 &&
			      read(slave, buffer, sizeof(buffer)) == 6);
			CHECK(memcmp(buffer, "hello\n", 6) == 0);
			write_all(slave, "reply\n", 6);
			CHECK(read(slave, buffer, sizeof(buffer)) == 0);
			meet();
			cfmakeraw(&modes);
			CHECK(tcsetattr(slave, TCSANOW, &modes) == 0);
			meet();
			read_all(slave, buffer, 3);
			CHECK(memcmp(buffer, "\x04\n\x7f", 3) == 0);
			write_all(slave, "r\n", 2);
			meet();
			CHECK(ioctl(slave, TIOCGWINSZ, &got) == 0 && got.ws_row == 30 + i && got.ws_col == 80);
			modes.c_iflag |= ICRNL;
			modes.c_oflag |= OPOST | ONLCR;
			modes.c_lflag |= ICANON | ECHO | ECHOE | ISIG | IEXTEN;
			CHECK(tcsetattr(slave, TCSANOW, &modes) == 0);
			meet();
		}
	}
	meet();
	if (me % 2) {
		CHECK(close(slave) == 0);
	} else {
		CHECK(polled(master, POLLIN, -1) & POLLHUP);
		CHECK(ERROR_OF(read(master, buffer, 1)) == EIO && close(master) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	for (int k = 0; k < pairs(); k++) {
		masters[k] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (masters[k] < 0 || grantpt(masters[k]) != 0 || unlockpt(masters[k]) != 0) {
			printf("no terminals here\n");
			return 0;
		}
		slaves[k] = open(ptsname(masters[k]), O_RDWR | O_NOCTTY | O_CLOEXEC);
		CHECK(slaves[k] >= 0);
	}
	run_workers(2 * pairs(), worker);
	printf("rounds %ld\n", pairs() * iterations);
	return 0;
}
