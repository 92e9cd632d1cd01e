"use strict";

const EDGES = [1.5 * Math.PI, 4.5 * Math.PI];
const spaced = (low, high, count) => Array.from({ length: count }, (_, at) => low + (at * (high - low)) / (count - 1));
const arcLength = (t) => (t * Math.hypot(1, t) + Math.asinh(t)) / 2;
const point = (t, h) => [t * Math.cos(t), h, t * Math.sin(t)];
const distance = (from, to) => Math.hypot(...from.map((each, axis) => to[axis] - each));
const mean = ([first, last]) => (first + last) / 2;

const inverseArcLength = (s) => {
  let t = Math.sqrt(2 * s);
  for (let step = 0; step < 8; step++) t -= (arcLength(t) - s) / Math.hypot(1, t);
  return t;
};

const nearestAngle = (x, z) => {
  const gap = (t) => Math.hypot(t * Math.cos(t) - x, t * Math.sin(t) - z);
  let t = spaced(...EDGES, 301).reduce((best, each) => (gap(each) < gap(best) ? each : best));
  for (let step = 0; step < 6; step++) {
    const out = x * Math.cos(t) + z * Math.sin(t);
    const on = z * Math.cos(t) - x * Math.sin(t);
    t -= (t - out - t * on) / (1 - 2 * on + t * out);
    t = Math.min(Math.max(t, EDGES[0]), EDGES[1]);
  }
  return t;
};

drag("two_points", ({ a, b, height }) => {
  const [t, h] = [[Math.PI * a, Math.PI * b], [10.5, height]];
  const ends = t.map((each, at) => point(each, h[at]));
  const s = t.map(arcLength);
  const [far, chord] = [Math.hypot(s[1] - s[0], h[1] - h[0]), distance(...ends)];
  const middle = [0, 1, 2].map((axis) => mean(ends.map((end) => end[axis])));
  const near = point(nearestAngle(middle[0], middle[2]), middle[1]);
  const along = ([first, last], share) => (1 - share) * first + share * last;
  const path = spaced(0, 1, 41).map((share) => point(inverseArcLength(along(s, share)), along(h, share)));
  const labels = ends.map((end, at) => {
    const out = [Math.cos(t[at]), 0, Math.sin(t[at])];
    const ahead = out.reduce((sum, each, axis) => sum + each * (ends[1 - at][axis] - end[axis]), 0);
    return end.map((each, axis) => each + (ahead > (at ? 1e-9 : -1e-9) ? -1.7 : 1.7) * out[axis]);
  });
  const places = s.map((each) => each - arcLength(EDGES[0]));
  const beside = b >= a ? 4 : -4;
  const shown = {
    along_the_roll: far,
    through_space: chord,
    times_as_far: far ? far / chord : 1,
    middle_is_off_the_roll_by: distance(middle, near),
    half_the_way_is_at_angle: inverseArcLength(mean(s)) / Math.PI,
    s: places,
    h,
    s_a: [places[0]],
    h_a: [10.5],
    s_b: [places[1]],
    h_b: [height],
    s_half: [mean(places)],
    h_half: [mean(h)],
    beside_a: [places[0] - beside],
    beside_b: [places[1] + beside],
    left: [-11.5],
    first: [23],
    second: [20.2],
    right: [89],
    above: [25.5],
  };
  const seen = {
    path,
    line: ends,
    gap: [middle, near],
    dot_a: [ends[0]],
    dot_b: [ends[1]],
    label_a: [labels[0]],
    label_b: [labels[1]],
    middle: [middle],
    half: [path[20]],
  };
  for (const [name, points] of Object.entries(seen)) {
    shown[`${name}_x`] = points.map(([x, up]) => x + 0.38 * up);
    shown[`${name}_y`] = points.map(([, up, z]) => z + 0.16 * up);
  }
  return shown;
});

drag("neighbor_ratios", ({ dimension, points }) => {
  const error = dimension / Math.sqrt(points);
  const middle = Math.log(2) / dimension;
  const edge = points ** (-1 / dimension);
  const dims = spaced(1, 20, 20);
  const shown = {
    standard_error: error,
    median_of_the_ratio: 2 ** (1 / dimension),
    edge_of_a_cube: edge,
    drop_x: [middle, middle],
    drop_y: [0, Math.log(2)],
    middle_x: [middle],
    middle_y: [Math.log(2)],
    dims,
    edges: dims.map((each) => points ** (-1 / each)),
    at: [dimension],
    edge: [edge],
    left: [0.02],
    first: [3.25],
    second: [2.9],
    words_x: [1],
    words_y: [1.2],
  };
  const slopes = { line: dimension, steeper: dimension + 2 * error, flatter: dimension - 2 * error };
  for (const [name, slope] of Object.entries(slopes)) {
    const end = Math.min(1.25, 2.45 / slope);
    shown[`${name}_x`] = [0, end];
    shown[`${name}_y`] = [0, slope * end];
  }
  return shown;
});
