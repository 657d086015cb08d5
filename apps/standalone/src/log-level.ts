/** Level of the log of an installation without configuration, whose user reads the terminal. */
export const QUIET = 'warn';
