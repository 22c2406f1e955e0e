/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a 32-bit program that is executed in the place of a 64-bit one with threads runs to its end. */
/* Ends: 7 */
#include "exec_next.h"
#include <elf.h>

/* write(1, text, 7); _exit(7); */
static const unsigned char code[] = {
	0xb8, 4, 0, 0, 0, 0xbb, 1, 0, 0, 0, 0xb9, 0x76, 0x80, 0x04, 0x08, 0xba, 7, 0, 0, 0, 0xcd, 0x80,
	0xb8, 1, 0, 0, 0, 0xbb, 7, 0, 0, 0, 0xcd, 0x80, 'n', 'a', 'r', 'r', 'o', 'w', '\n',
};

static void *worker(void *arg)
{
	static struct {
		Elf32_Ehdr file;
		Elf32_Phdr segment;
		unsigned char code[sizeof(code)];
	} image = {
		.file = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
			.e_entry = 0x8048054, .e_phoff = sizeof(Elf32_Ehdr),
			.e_ehsize = sizeof(Elf32_Ehdr), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD, .p_vaddr = 0x8048000, .p_paddr = 0x8048000,
			.p_filesz = sizeof(image), .p_memsz = sizeof(image), .p_flags = PF_R | PF_X, .p_align = 4096,
		},
	};
	int fd = open("narrow", O_CREAT | O_WRONLY | O_CLOEXEC, 0700), program;

	memcpy(image.code, code, sizeof(code));
	CHECK(fd >= 0 && write(fd, &image, sizeof(image)) == (ssize_t)sizeof(image) && close(fd) == 0);
	program = open("narrow", O_RDONLY | O_CLOEXEC);
	CHECK(program >= 0 && unlink("narrow") == 0);
	settle();
	fexecve(program, (char *[]){ (char *)"narrow", NULL }, (char *[]){ NULL });
	CHECK(errno == ENOEXEC);
	fprintf(stderr, "this kernel executes no 32-bit programs\n");
	_exit(77);
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	run_to_next(worker);
}
