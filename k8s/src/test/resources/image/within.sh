#!/bin/bash
# Runs a command in a folder as a container would: its own mounts, the folder as root of the file system, the machine's programs
# and libraries in the place of the base image's. Needs root.
#
#   within.sh FOLDER JAVA root COMMAND...        writable, as root: what RUN does
#   within.sh FOLDER JAVA 10001 COMMAND...       read-only but for /tmp and the cache, as that user: what runs
#
# JAVA is mounted as /opt/java/openjdk. The command's environment is this one.
set -euo pipefail
folder=$1 java=$2 user=$3
shift 3

if [ "${WITHIN_UNSHARED:-}" != yes ]; then
  export WITHIN_UNSHARED=yes
  exec unshare --mount --propagation private "$BASH" "$0" "$folder" "$java" "$user" "$@"
fi
unset WITHIN_UNSHARED

mount --bind "$folder" "$folder"
for part in usr lib lib64 bin sbin; do
  if [ -L "/$part" ]; then
    ln -sfn "$(readlink "/$part")" "$folder/$part"
  elif [ -d "/$part" ]; then
    mkdir -p "$folder/$part"
    mount --bind "/$part" "$folder/$part"
    mount -o remount,bind,ro "$folder/$part"
  fi
done
mkdir -p "$folder"/{proc,dev,tmp,etc,opt/java/openjdk,var/cache}
# What the image has put below /usr, which is the machine's here.
if [ -d "$folder/image-usr" ]; then
  mount -t tmpfs tmpfs "$folder/usr/local"
  cp -a "$folder/image-usr/local/." "$folder/usr/local/"
fi
mount --bind "$java" "$folder/opt/java/openjdk"
mount -t proc proc "$folder/proc"
mount --rbind /dev "$folder/dev"
for file in hosts resolv.conf nsswitch.conf ld.so.cache; do cp "/etc/$file" "$folder/etc/" 2>/dev/null || true; done
[ -e "$folder/etc/passwd" ] || cp /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/login.defs "$folder/etc/"

if [ "$user" = root ]; then
  exec chroot "$folder" "$@"
fi
mount -o remount,bind,ro "$folder"
mount -t tmpfs -o mode=1777 tmpfs "$folder/tmp"
mount -t tmpfs -o "mode=0755,uid=$user,gid=$user" tmpfs "$folder/var/cache/scanstream"
exec chroot --userspec="$user:$user" "$folder" "$@"
