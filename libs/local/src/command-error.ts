/** Thrown for a mistake of the operator: a command prints its message without a stack and ends with code 1. */
export class CommandError extends Error {}
