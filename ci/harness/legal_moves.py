# SPDX-License-Identifier: Apache-2.0
"""legal_moves.py FILE STOCKFISH: whether each move in what `stockfish bench` wrote is legal, by a fresh stockfish's word.

With several threads its search is not the same each time; that it answers each position with one of its moves is. A
position in which there is no move is answered by none.
"""

import re
import subprocess
import sys


def legal_moves(engine, positions):
    """For each position the moves that are possible in it: the counts of a perft of depth 1 name them."""
    script = "".join(f"position fen {fen}\ngo perft 1\n" for fen in positions) + "quit\n"
    said = subprocess.run([engine], input=script, capture_output=True, text=True, check=True, timeout=60).stdout
    answers = re.split(r"^Nodes searched: [0-9]+$", said, flags=re.MULTILINE)
    return [set(re.findall(r"^([a-h][1-8][a-h][1-8][qrbn]?): 1$", answer, re.MULTILINE)) for answer in answers]


def main():
    path, engine = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        said = file.read()
    answered = re.findall(r"^Position: [0-9]+/[0-9]+ \((.*)\)$|^bestmove (\S+)", said, re.MULTILINE)
    positions = [fen for fen, _ in answered if fen]
    if len(positions) < 10:
        sys.exit(f"{path}: {len(positions)} positions only")
    legal = legal_moves(engine, positions)
    moves = {}
    at = -1
    for fen, move in answered:
        if fen:
            at += 1
        elif at in moves:
            sys.exit(f"{positions[at]}: answered twice, {moves[at]} and {move}")
        else:
            moves[at] = move
    for at, fen in enumerate(positions):
        move = moves.get(at, "nothing")
        if move not in (legal[at] or {"(none)"}):
            sys.exit(f"{fen}: answered {move}, legal are {' '.join(sorted(legal[at])) or 'none'}")
    print(f"{len(positions)} legal answers")


main()
