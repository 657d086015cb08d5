export {
  type Evaluation,
  type EvaluationResult,
  type ExpressionInput,
  type HostCallbacks,
  type PythonSyntaxError,
} from './evaluation.js';
export * from './interpreter.js';
export * from './lazy-syntax-checker.js';
