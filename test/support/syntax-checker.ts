import { LazyPythonSyntaxChecker } from '../../libs/expressions/src/lazy-syntax-checker.js';

/** The checker of all blueprints that this worker applies. Its Python process ends with the worker. */
export const syntaxChecker = new LazyPythonSyntaxChecker();
