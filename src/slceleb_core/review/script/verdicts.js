// What has become of a candidate, and how that is said: as a choice of the filter, on its chip, on its mark (where there
// is room and where there is little), in a sentence, when it was decided just now, and by which button is pressed.

const VERDICTS = {
  open: { of: "segment", choice: "not decided", chip: "not decided", mark: ["segment", "·"], spoken: "segment" },
  accepted: { of: "segment", choice: "accepted", chip: "✓ accepted", mark: ["✓ accepted", "✓"], spoken: "accepted", said: "Accepted. ", pressed: "accept" },
  refused: { of: "segment", choice: "rejected", chip: "✗ rejected", mark: ["✗ rejected", "✗"], spoken: "rejected by you", said: "Rejected. ", pressed: "reject" },
  removed: { of: "removed", choice: "taken out", chip: "taken out", mark: ["✗ taken out", "✗"], spoken: "taken out by a reviewer", said: "It stays out. ", pressed: "reject" },
  returning: { of: "removed", choice: "to come back", chip: "✓ to come back", mark: ["✓ to come back", "✓"], spoken: "taken out, to come back", said: "To come back. ", pressed: "accept" },
};

function verdict(candidate) {
  if (candidate.kind === "rejected") return "rejected";
  if (candidate.kind === "removed") return decisions.get(candidate.id)?.decision === "accept" ? "returning" : "removed";
  return { accept: "accepted", reject: "refused" }[decisions.get(candidate.id)?.decision] || "open";
}

function wording(candidate) {
  if (candidate.kind === "removed" && candidate.gate && verdict(candidate) === "removed") return { ...VERDICTS.removed, chip: `taken out: ${candidate.gate}`, spoken: `left out by ${candidate.gate}` };
  if (candidate.kind !== "rejected") return VERDICTS[verdict(candidate)];
  const number = String(gateNumber(candidate.gate)), chip = `${number} ${candidate.gate}`;
  return { chip, mark: [chip, number], spoken: `left out by ${candidate.gate}` };
}
