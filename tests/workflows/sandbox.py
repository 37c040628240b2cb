"""A command run as by `docker run --read-only --network none --tmpfs /tmp --user UID`, by the kernel's namespaces."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# a root of its own in memory: the system and what is shown of the image read-only, /tmp fresh, /out alone is kept
ENTER = """
root=$1 out=$2 user=$3 shown=$4; shift 4
mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$root"
mkdir "$root/tmp" "$root/out" "$root/data"
mount -t tmpfs -o mode=1777 none "$root/tmp"
for place in /usr /bin /lib /lib64 /etc /dev $shown; do
    [ -e "$place" ] || continue
    mkdir -p "$(dirname "$root$place")"
    if [ -L "$place" ]; then cp -P "$place" "$root$place"; continue; fi
    mkdir -p "$root$place"
    mount --rbind "$place" "$root$place"
    [ "$place" = /dev ] || mount -o remount,bind,ro "$root$place"
done
mount --bind "$out" "$root/out"
mount -o remount,ro "$root"
exec "$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v chroot)" --userspec="$user" "$root" "$@"
"""


def run(
    command: Sequence[str], environment: Mapping[str, str], user: str, out: Path, shown: Sequence[Path], root: Path
) -> subprocess.CompletedProcess[str]:
    """Run a command without network, as a user without rights, where nothing but /tmp and /out may be written.

    Parameters
    ----------
    user
        ``UID:GID``.
    out
        Folder that is seen as /out; it is given to the user.
    shown
        Folders that are seen where they are, read-only.
    root
        An empty folder, which the new root is mounted on.
    """
    uid, gid = map(int, user.split(":"))
    os.chown(out, uid, gid)
    places = " ".join(map(str, shown))
    enter = ["unshare", "--mount", "--net", "--ipc", "bash", "-euc", ENTER, "enter", str(root), str(out), user, places]
    return subprocess.run([*enter, *command], env=dict(environment), capture_output=True, text=True, check=False)
