# shellcheck shell=sh
# Installs what this machine lacks. Sourced by ./hitotsu and by ci/test, so POSIX sh and no side effect when sourced.
# Everything here speaks on stderr only: stdout belongs to the caller.

# One line a need: how to see that it is there, and the Debian package that brings it. A need is looked for by what
# it gives, not by package name, so that another distribution's or a hand-made installation counts too.
needs_of() {
	case $1 in
	run) cat <<-'EOF'
		command:java default-jdk-headless
		library:libbpf.so.1 libbpf1
		library:libelf.so.1 libelf1
	EOF
	;;
	build) cat <<-'EOF'
		command:javac default-jdk-headless
		command:mvn maven
		command:make make
		command:gcc gcc
		command:ld binutils
		file:/usr/include/stdio.h libc6-dev
		file:/usr/include/linux/userfaultfd.h linux-libc-dev
		command:clang clang
		command:llvm-strip llvm
		file:/usr/include/bpf/bpf_helpers.h libbpf-dev
		command:bpftool bpftool
	EOF
	;;
	demo) cat <<-'EOF'
		command:pigz pigz
		command:primesieve primesieve-bin
		command:xz xz-utils
		command:zstd zstd
		command:povray povray
	EOF
	;;
	test) cat <<-'EOF'
		command:python3 python3
	EOF
	;;
	transparency) cat <<-'EOF'
		command:python3 python3
		command:make make
		command:gcc gcc
		command:g++ g++
		command:go golang-go
		command:rustc rustc
		command:javac default-jdk-headless
		command:jar default-jdk-headless
		command:node nodejs
		command:ffmpeg ffmpeg
		command:stress-ng stress-ng
		command:openssl openssl
		command:redis-check-rdb redis-tools
		file:/usr/games/stockfish stockfish
		command:sysbench sysbench
		command:gm graphicsmagick
		command:sqlite3 sqlite3
		command:x264 x264
		file:/usr/include/stdio.h libc6-dev
		library:libgomp.so.1 libgomp1
	EOF
	;;
	kernel) cat <<-'EOF'
		file:/usr/src/linux-source-6.12.tar.xz linux-source-6.12
		command:make make
		command:gcc gcc
		command:ld binutils
		command:patch patch
		command:flex flex
		command:bison bison
		command:bc bc
		command:perl perl
		command:xz xz-utils
		command:lz4 lz4
		command:cpio cpio
		command:rsync rsync
		command:depmod kmod
		command:ccache ccache
		command:pahole dwarves
		file:/usr/include/stdio.h libc6-dev
		file:/usr/include/gelf.h libelf-dev
		file:/usr/include/openssl/ssl.h libssl-dev
		command:clang clang
		file:/usr/include/bpf/bpf_helpers.h libbpf-dev
		file:/usr/include/zlib.h zlib1g-dev
	EOF
	;;
	vm) cat <<-'EOF'
		command:python3 python3
		command:gcc gcc
		file:/usr/include/stdio.h libc6-dev
		command:qemu-system-x86_64 qemu-system-x86
		command:mkfs.erofs erofs-utils
		command:depmod kmod
		command:xz xz-utils
		command:java default-jre-headless
		command:strace strace
		command:gdb gdb
		command:ps procps
		command:ip iproute2
		command:bpftool bpftool
	EOF
	;;
	*)
		echo "hitotsu: no such group of needs: $1" >&2
		return 2
		;;
	esac
}

have_need() {
	case $1 in
	command:*) command -v "${1#command:}" >/dev/null 2>&1 ;;
	file:*) [ -e "${1#file:}" ] ;;
	library:*)
		for dir in /lib /usr/lib /lib64 /usr/lib64 /usr/local/lib /lib/*-linux-gnu /usr/lib/*-linux-gnu; do
			[ -e "$dir/${1#library:}" ] && return 0
		done
		return 1
		;;
	esac
}

# missing_packages GROUP...: the Debian packages for what is not there, each once, on one line of stdout.
missing_packages() {
	# Debian keeps bpftool in sbin, which a user's PATH lacks.
	PATH=$PATH:/usr/sbin:/sbin
	for group in "$@"; do
		needs_of "$group" | while read -r need package; do
			have_need "$need" || echo "$package"
		done
	done | sort -u | tr '\n' ' '
}

apt_install() {
	# Only the package manager's own words of failure are of interest; its progress goes to the log.
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$apt_log" 2>&1
}

# ensure_packages GROUP...: installs what is missing. Returns 1, with the remedy said, where it can't.
ensure_packages() {
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "hitotsu: missing here, by their Debian names: $missing" >&2
		echo "hitotsu: this is not a Debian; install the like of them with its own package manager and try again" >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "hitotsu: missing here: $missing" >&2
		echo "hitotsu: only root may install them. As root: apt-get update && apt-get install $missing" >&2
		return 1
	fi
	apt_log=$(mktemp) || return 1
	echo "hitotsu: installing $missing" >&2
	# The lists of a fresh machine are empty and those of an old one name packages that are gone: so a second try
	# with new lists, for the first is quicker when they are good.
	# shellcheck disable=SC2086 # a list of words
	if apt_install install -y --no-install-recommends $missing || {
		apt_install update && apt_install install -y --no-install-recommends $missing
	}; then
		rm -f "$apt_log"
		return 0
	fi
	tail -n 15 "$apt_log" >&2
	echo "hitotsu: apt-get could not install $missing; its whole output is in $apt_log" >&2
	echo "hitotsu: mend that (network? /etc/apt/sources.list? a lock held?) and try again" >&2
	return 1
}
