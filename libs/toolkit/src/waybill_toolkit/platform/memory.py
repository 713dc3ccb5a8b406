"""How much memory a process takes: PSS, where a page shared by n processes counts 1/n for each."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path


def pss_bytes(pid: int, *, shared: bool = True) -> int:
    """Read a process's PSS (proc_pid_smaps(5)); 0 when it has ended or access is denied.

    With `shared=False` shared memory is left out, such as PostgreSQL's buffers: their size is
    fixed, but pages count only after their first use.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    sizes = {name: size for name, size, *_ in map(str.split, text.splitlines()[1:])}
    left_out = 0 if shared else int(sizes.get("Pss_Shmem:", 0))
    return (int(sizes.get("Pss:", 0)) - left_out) * 1024


def tree_pss_bytes(pid: int, apart_from: Iterable[int], *, shared: bool = True) -> int:
    """Sum a process and its descendants, without those that are counted separately."""
    children = _children()
    apart = set(apart_from)
    total, pids = 0, [pid]
    while pids:
        process = pids.pop()
        total += pss_bytes(process, shared=shared)
        pids += [child for child in children[process] if child not in apart]
    return total


def _children() -> defaultdict[int, list[int]]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        children[int(fields[1])].append(int(stat.parent.name))
    return children
