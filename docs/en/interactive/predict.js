"use strict";

drag("what_fits", ({ outputs, batch }) => {
  const full = 8 * 2 ** 30;
  const size = 1000 * batch;
  const answer = 4 * outputs;
  const row = 4 * (64 + 512 + 512 + outputs);
  const call = full / row;
  const within = full < size * (row + answer);
  const predict = within ? full / (row + answer) : (full - size * row) / answer;
  const turn = Math.min(Math.max(size, 2 ** 14), predict);
  const rows = [2 ** 14, ...Array.from({ length: 12 }, (_, at) => turn * (predict / turn) ** (at / 11))];
  return {
    million_rows_in_a_call: call / 1e6,
    million_rows_in_predict: predict / 1e6,
    call_rows: [2 ** 14, call],
    call_holds: [2 ** 14 * row, full],
    predict_rows: rows,
    predict_holds: rows.map((n) => Math.min(n, size) * row + n * answer),
    call_end: [call],
    predict_end: [predict],
    full: [full],
    left: [2 ** 14],
    first: [2 ** 39],
    second: [2 ** 37],
  };
});

drag("time_by_rows", ({ batch_power, per_row }) => {
  const size = 2 ** batch_power;
  const cost = (predicts, batches, n) => 1e-3 * predicts + 4e-4 * batches + 1e-6 * per_row * n;
  const rows = Array.from({ length: 17 }, (_, power) => 2 ** power);
  const predict = rows.map((n) => cost(1, Math.ceil(n / size), n) / cost(0, 1, n));
  const loop = rows.map((n) => cost(n, n, n) / cost(0, 1, n));
  return {
    batch_size: size,
    predict_of_one_row_over_call: predict[0],
    predict_of_all_rows_over_call: predict[16],
    rows,
    predict_ratios: predict,
    loop_ratios: loop,
    start: [1],
    end: [65536],
    loop_last: [loop[16]],
  };
});
