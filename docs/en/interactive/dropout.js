"use strict";

drag("one_input", ({ drop_rate, value }) => {
  const kept = 1 - drop_rate;
  const shown = {
    drop_rate,
    chance_to_be_kept: kept,
    chances: [drop_rate, kept],
    heights: [0, drop_rate, NaN, 0, kept],
    level: [1.16, 1.16],
    middle: 1.16,
    floor: 0,
    sd_over_mean: Math.sqrt(drop_rate / kept),
  };
  for (const [kind, scale] of [["standard", 1], ["inverted", kept]]) {
    const mean = (kept * value) / scale;
    const sd = (value * Math.sqrt(drop_rate * kept)) / scale;
    const output = value / scale;
    shown[`${kind}_mean`] = mean;
    shown[`${kind}_sd`] = sd;
    shown[`${kind}_outputs`] = [0, output];
    shown[`${kind}_survivor`] = output;
    shown[`${kind}_stems`] = [0, 0, NaN, output, output];
    shown[`${kind}_spread`] = [mean - sd, mean + sd];
  }
  return shown;
});

drag("before_batchnorm", ({ drop_rate, mean }) => {
  const shift = (rate) => (1 - rate) / (1 + rate * mean ** 2);
  const sd = Math.sqrt(shift(drop_rate));
  const rates = Array.from({ length: 17 }, (_, step) => step / 20);
  const wanted = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2];
  return {
    drop_rate,
    variance_at_test: shift(drop_rate),
    sd_at_test: sd,
    variance_if_mean_were_0: 1 - drop_rate,
    rates,
    variances: rates.map(shift),
    rays: wanted.flatMap((output) => [output, sd * output, NaN]),
    heights: wanted.flatMap(() => [1, 0, NaN]),
    ends: wanted.map((output) => sd * output),
    floor: wanted.map(() => 0),
    center: 0,
  };
});
