/**
 * Prints the usage of a command and ends the process if its arguments ask for help (`--help`, `-h`), or have an option
 * that is not in `options`. Commands call it before they write or build anything, so that they never take an option for
 * the name of a file. Without `options`, the command checks them itself.
 */
export function endWithUsage(usage, options) {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    console.log(usage);
    process.exit(0);
  }
  const unknown = options && args.find((arg) => arg.startsWith('-') && !options.includes(arg.split('=', 1)[0]));
  if (!unknown) return;
  console.error(`There is no option ${unknown}.\n${usage}`);
  process.exit(1);
}
