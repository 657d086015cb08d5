export { type Evaluation, type Given, type Outcome, type Questions, type SyntaxFault } from './evaluation.js';
export * from './interpreter.js';
