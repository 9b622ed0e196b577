# The inner side of walls.py: runs in fresh namespaces, builds a file system that holds the course and nothing else,
# gives up every right, and becomes the command that it was given.
#   sh walls.sh ROOT REPORT MEGABYTES "PATH:PATH:..." SETPRIV-OPTIONS COMMAND...
set -eu
root=$1 report=$2 megabytes=$3 shown=$4 drop=$5
shift 5

mount -t tmpfs -o mode=755,size=4m walls "$root"
mkdir -p "$root/dev/shm" "$root/proc" "$root/tmp" "$root/old"
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=${megabytes}m" work "$root/tmp" # first, for the course itself may lie in /tmp

show() { # at the same place as outside
	if [ -L "$1" ]; then
		mkdir -p "$root$(dirname "$1")"
		cp -P "$1" "$root$1"
	elif [ -d "$1" ]; then
		mkdir -p "$root$1"
		mount --rbind "$1" "$root$1"
	elif [ -e "$1" ]; then
		mkdir -p "$root$(dirname "$1")"
		: > "$root$1"
		mount --bind "$1" "$root$1"
	fi
}

IFS=:
for path in $shown; do show "$path"; done
unset IFS
while read -r _ _ _ _ place _; do # also what is mounted further down; mountinfo writes a space as \040
	place=$(printf '%b' "$(printf '%s' "$place" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')")
	case $place in "$root/tmp") ;; "$root"/*) mount -o remount,bind,ro,nosuid,nodev "$place" ;; esac
done < /proc/self/mountinfo

for device in null zero full random urandom; do show "/dev/$device"; done
: > "$root/report"
mount --bind "$report" "$root/report"
mount -t tmpfs -o mode=1777,nosuid,nodev,size=64m shm "$root/dev/shm"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"

cd "$root"
pivot_root . old
umount -l /old
mount -o remount,ro,bind /
mkdir /tmp/work /tmp/home
chmod 777 /tmp/work /tmp/home
cd /tmp/work
exec setpriv $drop --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
