"use strict";

const evenly = (low, high, count) =>
  Array.from({ length: count }, (_, at) => low + ((high - low) * at) / (count - 1));

const softly = (z, t) => z - Math.min(Math.max(z, -t), t);

drag("one_weight", ({ z, t }) => {
  const top = 6;
  const [l1, l2] = [softly(z, t), z / (1 + t)];
  const lossL1 = (w) => (w - z) ** 2 / 2 + t * Math.abs(w);
  const lossL2 = (w) => (w - z) ** 2 / 2 + (t * w ** 2) / 2;
  const low = z + t - Math.sqrt(2 * top + 2 * t * z + t ** 2);
  const high = z - t + Math.sqrt(2 * top - 2 * t * z + t ** 2);
  const wL1 = [...evenly(Math.max(low, -3), 0, 10), ...evenly(0, Math.min(high, 3), 10)];
  const half = Math.sqrt((2 * (top - lossL2(l2))) / (1 + t));
  const wL2 = evenly(Math.max(l2 - half, -3), Math.min(l2 + half, 3), 19);
  const fromL1 = [-3, -t, t, 3];
  const fromL2 = [-3, 3];
  return {
    weight_with_L1: l1,
    weight_with_L2: l2,
    w_L1: wL1,
    w_L2: wL2,
    losses_L1: wL1.map(lossL1),
    losses_L2: wL2.map(lossL2),
    least_L1: [lossL1(l1)],
    least_L2: [lossL2(l2)],
    from_L1: fromL1,
    from_L2: fromL2,
    to_L1: fromL1.map((each) => softly(each, t)),
    to_L2: fromL2.map((each) => each / (1 + t)),
    place: [z],
    floor: [-0.7],
    key: [-2.6],
    first: [8],
    second: [7],
  };
});

drag("one_point", ({ reach, angle }) => {
  const turn = (angle * Math.PI) / 180;
  const [x, y] = [Math.cos(turn), Math.sin(turn)];
  const t = Math.max(Math.max(x, y) - reach, (x + y - reach) / 2, 0);
  const [first, second] = [softly(x, t), softly(y, t)];
  const chance = Math.round(((4 / Math.PI) * Math.acos(reach / Math.SQRT2) - 1) * 1e12) / 1e12;
  const half = (chance * Math.PI) / 4;
  const lit = [0, 1, 2, 3].flatMap((k) => [...evenly(-half, half, 9).map((each) => (k * Math.PI) / 2 + each), NaN]);
  const around = evenly(0, 2 * Math.PI, 41);
  return {
    second_weight_with_L1: second,
    second_weight_with_L2: reach * y,
    chance_of_a_zero_with_L1: chance,
    lit_x: lit.map(Math.cos),
    lit_y: lit.map(Math.sin),
    L1_x: [reach, 0, -reach, 0, reach],
    L1_y: [0, reach, 0, -reach, 0],
    L2_x: around.map((each) => reach * Math.cos(each)),
    L2_y: around.map((each) => reach * Math.sin(each)),
    way_with_L1: [y, second],
    way_with_L2: [y, reach * y],
    to_L1: [x, first],
    to_L2: [x, reach * x],
    dots_L1: [x, first],
    dots_L2: [x, reach * x],
    left: [-1.2],
    top: [1.36],
    bottom: [-1.36],
  };
});

drag("two_columns", ({ strength, correlation: r, pull }) => {
  const ridge = (t) => {
    const whole = (1 + t) ** 2 - r ** 2;
    return [(1 + t - r * pull) / whole, ((1 + t) * pull - r) / whole];
  };
  const lasso = (t) => {
    if (t >= 1) return [0, 0];
    const left = pull - r * (1 - t); // of the pull on B, while only A is in
    if (Math.abs(left) <= t) return [1 - t, 0];
    const b = pull - t * Math.sign(left);
    return [(1 - t - r * b) / (1 - r ** 2), (b - r * (1 - t)) / (1 - r ** 2)];
  };
  const turn = pull < r ? (r - pull) / (1 + r) : (pull - r) / (1 - r);
  const cross = r / pull - 1;
  const shown = {
    lams_ridge: evenly(0, 2, 25),
    lams_lasso: [0, turn, 1, 2],
    turn_ridge: [cross > 0 && cross < 2 ? cross : NaN],
    turn_lasso: [turn],
    floor: [0],
    here: [strength],
  };
  for (const [name, fit] of [["ridge", ridge], ["lasso", lasso]]) {
    const [a, b] = fit(strength);
    const path = shown[`lams_${name}`].map(fit);
    shown[`A_end_${name}`] = [a];
    shown[`B_with_${name}`] = Math.round(b * 1e12) / 1e12 || 0;
    shown[`below_${name}`] = [Math.min(b, 0)];
    ["A", "B"].forEach((column, j) => (shown[`${column}_${name}`] = path.map((weights) => weights[j])));
  }
  return shown;
});
