export * from './brand.js';
export * from './context.js';
export * from './destination.js';
export * from './flow-version.js';
export * from './honesty.js';
export * from './plan.js';
export * from './planner.js';
export * from './policy-set.js';
