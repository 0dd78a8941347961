// What the reader chose. Whoever shows some of it listens for changes.
const state = {
  arm: content.first_arm,
  axes: { x: Math.min(1, quantities.length - 1), y: 0 },
  limit: null, // {quantity, value}
  weights: null, // by objective, summing to 1
  brush: null, // {x: [low, high], y: [low, high]}
};
const listeners = [];

function change(patch) {
  Object.assign(state, patch);
  for (const listener of listeners) listener(patch);
}
