"use strict";

const VARIANCE = 0.0434;

const iidEigenvalues = (mean, variance, d, bias) => {
  const large = variance + d * mean ** 2;
  if (!bias) return [variance, large];
  const [half, sd] = [(1 + large) / 2, Math.sqrt(variance)];
  const largest = half + Math.sqrt(Math.max(half - sd, 0)) * Math.sqrt(half + sd);
  return [variance / largest, largest];
};

drag("descend", ({ times, mean }) => {
  const [small, large] = iidEigenvalues(mean, VARIANCE, 2, false);
  const [steep, flat] = [1 - times, 1 - times * (small / large)];
  const step = Array.from({ length: 16 }, (_, at) => at);
  const [along, across] = [steep, flat].map((factor) => step.map((at) => factor ** at));
  const angles = Array.from({ length: 25 }, (_, at) => (at * Math.PI) / 12);
  const level = (sign) => {
    const part = angles.map((a) => Math.sin(a) * Math.sqrt(small / large / 2) + (sign * Math.cos(a)) / Math.SQRT2);
    const center = sign > 0 ? 1 : 0;
    return [...part.map((each) => center + 0.4 * each), NaN, ...part.map((each) => center + 0.9 * each)];
  };
  return {
    learning_rate: times / large,
    condition_number: large / small,
    steep_factor: steep,
    flat_factor: flat,
    share_of_the_error_left: Math.hypot(along[15], across[15]) / Math.SQRT2,
    step,
    steep: along,
    flat: across,
    weight_1: step.map((at) => 1 - (along[at] + across[at]) / 2),
    weight_2: step.map((at) => (across[at] - along[at]) / 2),
    level_1: level(1),
    level_2: level(-1),
    at: [2.4],
    upper: [1.66],
    lower: [1.36],
  };
});

drag("curvatures", ({ mean, spread, inputs }) => {
  const v = spread ** 2;
  const shown = { line: [1, 1], row: [1], words: [1.75], below: [0.4] };
  for (const [name, bias] of [["", false], ["_with_a_bias", true]]) {
    const [least, most] = iidEigenvalues(mean, v, inputs, bias);
    const kappa = most / least;
    shown[`condition_number${name}`] = kappa;
    shown[`steps_to_a_thousandth${name}`] = kappa > 1 ? Math.ceil(Math.log(1000) / Math.log1p(2 / (kappa - 1))) : 1;
    shown[`range${name}`] = [least, most];
    shown[`edge${name}`] = [1e-5];
    shown[`others${name}`] = [v];
    shown[`least${name}`] = [least];
    shown[`most${name}`] = [most];
    shown[`before${name}`] = [least / 1.7];
    shown[`behind${name}`] = [most * 1.7];
  }
  return shown;
});
