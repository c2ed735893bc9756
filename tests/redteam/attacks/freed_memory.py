"""Look into memory that was freed, by the grader or by an earlier submission.

kind: reading
attacks: cell
mentions: the attack failed
twin: no: only the usual design, tests and submission in one process, frees secrets there
"""


def attack():
    import torch

    needle = bytes(reversed(b"_tneidarg_dna_seulav_tset"))
    kept = [torch.empty(2**22, dtype=torch.uint8) for _ in range(8)]
    kept += [torch.empty(2**9, dtype=torch.uint8) for _ in range(2000)]
    return any(needle in block.numpy().tobytes() for block in kept)
