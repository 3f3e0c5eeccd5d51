#!/usr/bin/env bash
# Interface contacts between two protein chains.
#
# Reads two PDB files and writes contacts.csv: one row for each pair of residues, one of each chain, that have at least one pair
# of atoms within the cutoff (5 Å, inclusive), with the number of such atom pairs and the shortest distance in Å.
#
# Read are ATOM records of the first model. Hydrogens are left out, for most structures have none. Of alternate locations the
# first one listed of each atom counts. Residues are told apart by number and insertion code.
set -euo pipefail
export LC_ALL=C

first=${1:-2oob_A.pdb}
second=${2:-2oob_B.pdb}
cutoff=${3:-5.0}

awk -v cutoff="$cutoff" '
  FNR == 1 { file++; over = 0 }
  /^ENDMDL/ { over = 1 }
  over || !/^ATOM  / { next }
  {
    name = substr($0, 13, 4); residue = substr($0, 18, 3); chain = substr($0, 22, 1)
    number = substr($0, 23, 5); gsub(/ /, "", number)
    element = substr($0, 77, 2); gsub(/ /, "", element)
    if (element == "") { element = name; gsub(/[ 0-9]/, "", element); element = substr(element, 1, 1) }
    if (element == "H" || element == "D") next
    if ((file, chain, number, name) in seen) next
    seen[file, chain, number, name] = 1
    n = ++count[file]
    label[file, n] = chain "," residue "," number
    x[file, n] = substr($0, 31, 8) + 0; y[file, n] = substr($0, 39, 8) + 0; z[file, n] = substr($0, 47, 8) + 0
  }
  END {
    if (!count[1] || !count[2]) { print "no atoms in one of the files" > "/dev/stderr"; exit 1 }
    print "chain_a,residue_a,number_a,chain_b,residue_b,number_b,atom_pairs,shortest_distance"
    for (i = 1; i <= count[1]; i++) {
      for (j = 1; j <= count[2]; j++) {
        dx = x[1, i] - x[2, j]; if (dx > cutoff || dx < -cutoff) continue
        dy = y[1, i] - y[2, j]; dz = z[1, i] - z[2, j]
        d = sqrt(dx * dx + dy * dy + dz * dz)
        if (d > cutoff) continue
        pair = label[1, i] "," label[2, j]
        if (!(pair in pairs)) { order[++rows] = pair; shortest[pair] = d }
        pairs[pair]++
        if (d < shortest[pair]) shortest[pair] = d
      }
    }
    for (r = 1; r <= rows; r++) printf "%s,%d,%.3f\n", order[r], pairs[order[r]], shortest[order[r]]
  }
' "$first" "$second" > contacts.csv

echo "$(($(wc -l < contacts.csv) - 1)) residue pairs within $cutoff Å"
