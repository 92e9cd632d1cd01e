"use strict";

drag("one_input", ({ drop_rate, value }) => {
  const kept = 1 - drop_rate;
  const shown = { chances: [drop_rate, kept], heights: [0, drop_rate, NaN, 0, kept], level: [1.15, 1.15], floor: [0], top: [1.2] };
  for (const [kind, scale] of [["standard", 1], ["inverted", kept]]) {
    const mean = (kept * value) / scale;
    const variance = (drop_rate * kept * value ** 2) / scale ** 2;
    const output = value / scale;
    shown[`${kind}_mean`] = mean;
    shown[`${kind}_variance`] = variance;
    shown[`${kind}_outputs`] = [0, output];
    shown[`${kind}_stems`] = [0, 0, NaN, output, output];
    shown[`${kind}_spread`] = [mean - Math.sqrt(variance), mean + Math.sqrt(variance)];
  }
  return shown;
});
