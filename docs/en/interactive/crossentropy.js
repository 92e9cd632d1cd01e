"use strict";

drag("row_of_three", ({ true: first, second, third }) => {
  const logits = { true_class: first, second, third };
  const top = Math.max(first, second, third);
  const total = Object.values(logits).reduce((sum, z) => sum + Math.exp(z - top), 0);
  const others = (Math.exp(second - top) + Math.exp(third - top)) / total;
  const shown = { loss: Math.log(total) + top - first, slope_of_true_class: -others, above: 0.55 };
  Object.entries(logits).forEach(([name, z], place) => {
    const prob = Math.exp(z - top) / total;
    shown[`p_of_${name}`] = prob;
    shown[`${name}_place`] = [place, place];
    shown[`${name}_bar`] = [0, prob];
    shown[`${name}_pull`] = [0, place ? prob : -others];
  });
  return shown;
});

drag("clip", ({ logit, power }) => {
  const eps = 10 ** power;
  const edge = Math.log(eps) - Math.log1p(-eps);
  const cap = -Math.log(eps);
  const loss = Math.max(-logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
  const slope = -1 / (1 + Math.exp(logit));
  return {
    logit,
    loss_from_logit: loss,
    loss_from_probability: Math.min(loss, cap),
    slope_from_logit: slope,
    slope_from_probability: logit > edge ? slope : 0,
    highest_from_probability: cap,
    level: [-26, edge],
    caps: [cap, cap],
    ends: [-26, 12],
    corner: 12,
    floor: 0,
    drop: [-26, edge, edge],
    flat: [0, 0, eps - 1],
  };
});

drag("softmax_twice", ({ classes, logit }) => {
  const others = classes - 1;
  const at = (z) => {
    const chance = 1 / (1 + others * Math.exp(-z));
    const other = Math.exp(-z) * chance;
    const mass = others * Math.exp(other - chance); // of the others, relative to the true class
    return {
      once: [Math.log1p(others * Math.exp(-z)), -others * other],
      twice: [Math.log1p(mass), (-mass / (1 + mass)) * chance * classes * other],
    };
  };
  const z = Array.from({ length: 31 }, (_, step) => -6 + 0.4 * step);
  const shown = { logit, z, ends: [-6, 7, NaN, -6, 7], corner: 7, floor: 0 };
  for (const count of ["once", "twice"]) {
    [shown[`loss_${count}`], shown[`slope_${count}`]] = at(logit)[count];
    shown[`losses_${count}`] = z.map((each) => at(each)[count][0]);
    shown[`slopes_${count}`] = z.map((each) => at(each)[count][1]);
  }
  const [low, high] = [Math.log1p(others / Math.E), Math.log(Math.E + others)];
  return { ...shown, least_loss_twice: low, most_loss_twice: high, bounds: [low, low, NaN, high, high] };
});
