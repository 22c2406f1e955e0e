/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of a test machine. It comes in the initramfs, static, with the modules which a distribution's
 * kernel needs to see its disks; puts a writable layer over the read-only root image; runs the job, a bash script on
 * a disk of its own; and tells the host how that ended.
 *
 * Kernel command line: hito.host=NAME hito.address=A.B.C.D hito.tree=DIRECTORY, and hito.shell for a shell on the
 * console in place of the job. Disks, by serial: root (erofs), tree (erofs, mounted at hito.tree), job (text, then
 * zeros). virtio-serial ports: out and err carry the job's output, files a tar of /run/results at the end, status
 * "started", then "exit N", "signal N" or "broken REASON"; a line "stop" on control sends the job SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOB_BYTES (1 << 20)
#define WAIT_MS 20000

static char command_line[4096];
static int status_port = -1;

static void __attribute__((noreturn)) end(void)
{
	sync();
	/* With -no-reboot a reset ends the machine, on kernels without ACPI power-off too. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void __attribute__((format(printf, 1, 2))) status(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (status_port >= 0)
		vdprintf(status_port, format, arguments);
	va_end(arguments);
}

static void __attribute__((noreturn, format(printf, 1, 2))) broken(const char *format, ...)
{
	char text[512];
	va_list arguments;
	int error = errno;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	dprintf(2, "init: %s: %s\n", text, strerror(error));
	status("broken %s: %s\n", text, strerror(error));
	end();
}

/* Value of NAME= on the kernel command line; "" for a bare NAME; NULL if it is not there. */
static const char *option(const char *name)
{
	static char value[1024];
	size_t length = strlen(name);
	const char *at = command_line;

	while ((at = strstr(at, name))) {
		int whole = at == command_line || at[-1] == ' ';

		at += length;
		if (!whole || !strchr(" =\n", *at))
			continue;
		snprintf(value, sizeof(value), "%.*s", *at == '=' ? (int)strcspn(at + 1, " \n") : 0, at + 1);
		return value;
	}
	return NULL;
}

static int read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count = fd < 0 ? -1 : read(fd, line, size - 1);

	if (fd >= 0)
		close(fd);
	if (count < 0)
		return -1;
	line[count] = 0;
	line[strcspn(line, "\n")] = 0;
	return 0;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		dprintf(2, "init: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void make_directories(const char *path)
{
	char part[1024];

	for (const char *at = path + 1;; at++) {
		if (*at && *at != '/')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		mkdir(part, 0755);
		if (!*at)
			return;
	}
}

static void mount_at(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	make_directories(target);
	if (mount(source, target, type, flags, data))
		broken("mount of %s at %s", source, target);
}

/* Where a kernel lacks it, what needs it says so itself. */
static void try_mount(const char *type, const char *target)
{
	make_directories(target);
	if (mount(type, target, type, 0, NULL) && errno != ENODEV)
		dprintf(2, "init: mount of %s at %s: %s\n", type, target, strerror(errno));
}

/* Loads the modules named in /modules/order, in that order. */
static void load_modules(void)
{
	char name[256], path[300];
	FILE *order = fopen("/modules/order", "re");

	while (order && fgets(name, sizeof(name), order)) {
		int fd;

		name[strcspn(name, "\n")] = 0;
		snprintf(path, sizeof(path), "/modules/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			broken("module %s", name);
		close(fd);
	}
	if (order)
		fclose(order);
}

/* Looks through /sys/class-like `directory` for the entry whose file `key` reads `value`; its name in /dev to `device`. */
static int find(const char *directory, const char *key, const char *value, char *device, size_t size)
{
	DIR *entries = opendir(directory);
	struct dirent *entry;
	int found = 0;

	while (!found && entries && (entry = readdir(entries))) {
		char path[600], line[256];

		snprintf(path, sizeof(path), "%s/%s/%s", directory, entry->d_name, key);
		if (entry->d_name[0] != '.' && !read_line(path, line, sizeof(line)) && !strcmp(line, value)) {
			snprintf(device, size, "/dev/%s", entry->d_name);
			found = !access(device, F_OK);
		}
	}
	if (entries)
		closedir(entries);
	return found;
}

/* Devices come up on their own time. */
static const char *device(const char *directory, const char *key, const char *value)
{
	static char name[300];

	for (int waited = 0; waited < WAIT_MS; waited += 5) {
		if (find(directory, key, value, name, sizeof(name)))
			return name;
		usleep(5000);
	}
	errno = ENODEV;
	broken("%s %s", directory, value);
}

static const char *disk(const char *serial)
{
	return device("/sys/block", "serial", serial);
}

static int port(const char *name, int flags)
{
	int fd = open(device("/sys/class/virtio-ports", "name", name), flags | O_CLOEXEC);

	if (fd < 0)
		broken("port %s", name);
	return fd;
}

static void set_root(void)
{
	const char *tree;
	char target[1100];

	mount_at(disk("root"), "/lower", "erofs", MS_RDONLY, NULL);
	mount_at("tmpfs", "/upper", "tmpfs", 0, "mode=755");
	make_directories("/upper/files");
	make_directories("/upper/work");
	mount_at("overlay", "/root", "overlay", 0, "lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work");
	/* Before the tree, which may lie in one of them. */
	mount_at("tmpfs", "/root/tmp", "tmpfs", 0, "mode=1777");
	mount_at("tmpfs", "/root/run", "tmpfs", 0, "mode=755");
	tree = option("hito.tree");
	if (tree && *tree) {
		snprintf(target, sizeof(target), "/root%s", tree);
		mount_at(disk("tree"), target, "erofs", MS_RDONLY, NULL);
	}
	for (const char **at = (const char *[]){ "/proc", "/sys", "/dev", NULL }; *at; at++) {
		snprintf(target, sizeof(target), "/root%s", *at);
		make_directories(target);
		if (mount(*at, target, NULL, MS_MOVE, NULL))
			broken("move of %s", *at);
	}
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		broken("root");
}

static void mount_rest(void)
{
	mount_at("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777");
	mount_at("devpts", "/dev/pts", "devpts", 0, "mode=620,ptmxmode=666");
	try_mount("bpf", "/sys/fs/bpf");
	try_mount("debugfs", "/sys/kernel/debug");
	try_mount("tracefs", "/sys/kernel/tracing");
	try_mount("cgroup2", "/sys/fs/cgroup");
	make_directories("/run/results");
	make_directories("/run/hitotsu");
	if (symlink("/proc/self/fd", "/dev/fd") || symlink("/proc/self/fd/0", "/dev/stdin") ||
	    symlink("/proc/self/fd/1", "/dev/stdout") || symlink("/proc/self/fd/2", "/dev/stderr"))
		dprintf(2, "init: /dev/fd: %s\n", strerror(errno));
}

static void interface_up(const char *name, const char *address)
{
	struct ifreq request = { 0 };
	struct sockaddr_in *inet = (struct sockaddr_in *)&request.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (address) {
		inet->sin_family = AF_INET;
		inet->sin_addr.s_addr = inet_addr(address);
		if (ioctl(fd, SIOCSIFADDR, &request))
			broken("address of %s", name);
		inet->sin_addr.s_addr = inet_addr("255.255.255.0");
		if (ioctl(fd, SIOCSIFNETMASK, &request))
			broken("netmask of %s", name);
	}
	memset(&request.ifr_ifru, 0, sizeof(request.ifr_ifru));
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		broken("interface %s", name);
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		broken("interface %s up", name);
	close(fd);
}

/* The first network interface that is not the loopback's: distributions' kernels name it by slot or not at all. */
static void set_network(void)
{
	const char *address = option("hito.address");
	char path[300], name[64] = "", line[64];

	interface_up("lo", NULL);
	if (!address || !*address)
		return;
	for (int waited = 0; !*name && waited < WAIT_MS; waited += 5) {
		DIR *entries = opendir("/sys/class/net");
		struct dirent *entry;

		while (!*name && entries && (entry = readdir(entries))) {
			snprintf(path, sizeof(path), "/sys/class/net/%s/type", entry->d_name);
			/* ARPHRD_ETHER */
			if (entry->d_name[0] != '.' && !read_line(path, line, sizeof(line)) && !strcmp(line, "1"))
				snprintf(name, sizeof(name), "%.60s", entry->d_name);
		}
		if (entries)
			closedir(entries);
		if (!*name)
			usleep(5000);
	}
	interface_up(name, option("hito.address"));
}

static void copy_job(void)
{
	static char text[JOB_BYTES];
	int from = open(disk("job"), O_RDONLY | O_CLOEXEC);
	int to = open("/run/job", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	size_t size = 0;
	ssize_t count;

	while (from >= 0 && size < sizeof(text) && (count = read(from, text + size, sizeof(text) - size)) > 0)
		size += (size_t)count;
	size = strnlen(text, size);
	if (to < 0 || !size || write(to, text, size) != (ssize_t)size)
		broken("the job's disk");
	close(from);
	close(to);
}

static pid_t start(char *const arguments[], int in, int out, int err)
{
	char *environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
				"LC_ALL=C.UTF-8", "TERM=dumb", "USER=root", "SHELL=/bin/bash", NULL };
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	if (in == out)
		ioctl(0, TIOCSCTTY, 1);
	chdir("/root");
	execve(arguments[0], arguments, environment);
	dprintf(2, "init: %s: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

static void write_all(int fd, const char *bytes, ssize_t count)
{
	while (count > 0) {
		ssize_t written = write(fd, bytes, (size_t)count);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			bytes += written;
			count -= written;
		}
	}
}

/*
 * Carries the job's output to the host until the job has ended, and what it wrote until then. What it left running may
 * hold the pipes open: that is not waited for. A pipe and not the port itself, since a port can be opened only once
 * and programs open /dev/stderr.
 */
static int carry(pid_t job, int out, int err)
{
	int ports[2] = { port("out", O_WRONLY), port("err", O_WRONLY) };
	struct pollfd waiting[2] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };
	static char bytes[1 << 16];
	int control = port("control", O_RDONLY | O_NONBLOCK), result = 0, status_word, ended = 0;

	for (;;) {
		int ready = poll(waiting, 2, ended ? 0 : 20), carried = 0;
		ssize_t asked;

		for (int i = 0; ready > 0 && i < 2; i++) {
			ssize_t count = waiting[i].revents ? read(waiting[i].fd, bytes, sizeof(bytes)) : -1;

			if (count > 0) {
				write_all(ports[i], bytes, count);
				carried = 1;
			} else if (count == 0) {
				waiting[i].fd = -1;
			}
		}
		/* Not polled: while nobody holds the other end it is always readable, with nothing to read (Linux 6.12). */
		asked = read(control, bytes, sizeof(bytes));
		if (asked > 0 && memmem(bytes, (size_t)asked, "stop", 4))
			kill(-job, SIGTERM);
		if (ended && !carried)
			return result;
		for (pid_t pid; (pid = waitpid(-1, &status_word, WNOHANG)) > 0;)
			if (pid == job) {
				result = status_word;
				ended = 1;
			}
	}
}

static void run_job(void)
{
	char *job[] = { "/bin/bash", "/run/job", NULL };
	char *archive[] = { "/bin/tar", "-C", "/run/results", "-cf", "-", ".", NULL };
	int out[2], err[2], empty = open("/dev/null", O_RDWR | O_CLOEXEC), result, ignored;
	pid_t pid;

	copy_job();
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		broken("pipe");
	status("started\n");
	pid = start(job, empty, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	result = carry(pid, out[0], err[0]);
	pid = start(archive, empty, port("files", O_WRONLY), 2);
	while (waitpid(pid, &ignored, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(result))
		status("signal %d\n", WTERMSIG(result));
	else
		status("exit %d\n", WEXITSTATUS(result));
}

static void run_shell(void)
{
	char *shell[] = { "/bin/bash", "-l", NULL };
	int console = open("/dev/ttyS0", O_RDWR | O_CLOEXEC), ignored;
	pid_t pid = start(shell, console, console, console);

	while (waitpid(-1, &ignored, 0) != pid)
		;
}

int main(void)
{
	const char *name;

	mount_at("proc", "/proc", "proc", 0, NULL);
	mount_at("sysfs", "/sys", "sysfs", 0, NULL);
	mount_at("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (read_line("/proc/cmdline", command_line, sizeof(command_line)))
		broken("/proc/cmdline");
	/* What a probe of the processor's virtualization waits for. */
	dprintf(2, "init: up\n");
	if (option("hito.probe"))
		end();
	load_modules();
	status_port = port("status", O_WRONLY);
	set_root();
	mount_rest();
	set_network();
	name = option("hito.host");
	if (name && sethostname(name, strlen(name)))
		broken("host name");
	write_text("/proc/sys/kernel/printk", "4");
	if (option("hito.shell"))
		run_shell();
	else
		run_job();
	end();
}
