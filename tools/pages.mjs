/**
 * `npm run pages` serves a preview of every page with sample challenges. `npm run pages -- --screenshots FOLDER [NAME…]`
 * writes pictures of all pages, or of those with these names, to a folder instead. `npm run pages -- --pictures FOLDER`
 * writes the pictures of the README, of a Gatehouse that it starts.
 */
import { parseArgs } from 'node:util';
import { prepare } from './prepare.mjs';
import { endWithUsage } from './usage.mjs';

const USAGE = `usage: npm run pages                                  serves every page, with made-up challenges
       npm run pages -- --screenshots FOLDER [NAME…]   writes pictures of all pages, or of those with these names
       npm run pages -- --pictures FOLDER              writes the pictures of the README`;
const options = { screenshots: { type: 'string' }, pictures: { type: 'string' } };
endWithUsage(USAGE, ['--screenshots', '--pictures']);
const { values, positionals } = parseArgs({ options, allowPositionals: true });
prepare();
if (values.pictures !== undefined) await report(values.pictures, takeProductPictures(values.pictures));
else if (values.screenshots !== undefined) await report(values.screenshots, takeScreenshots(values.screenshots));
else await serve();

async function serve() {
  const { openExamples } = await examples();
  const { url } = await openExamples(Number(process.env.PORT ?? 9100));
  console.log(`Every page, with made-up challenges: ${url}/`);
}

/** Prints how many pictures are in a folder, or why there are none. */
async function report(folder, taken) {
  try {
    console.log(`${(await taken).length} pictures are in ${folder}`);
  } catch ({ message }) {
    console.error(message);
    process.exitCode = 1;
  }
}

async function takeScreenshots(folder) {
  const { openExamples } = await examples();
  const site = await openExamples();
  try {
    const subject = { site: site.url, names: namesOf(site) };
    return await (await testSupport('screenshots')).takeScreenshots(folder, subject);
  } finally {
    await site.close();
  }
}

async function takeProductPictures(folder) {
  return (await testSupport('product-pictures')).takeProductPictures(folder);
}

function examples() {
  return import(new URL('../dist/apps/web/examples.js', import.meta.url).href);
}

async function testSupport(name) {
  const { runnerImport } = await import('vite');
  return (await runnerImport(`./test/support/${name}.ts`, { logLevel: 'error' })).module;
}

function namesOf({ names }) {
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`There is no page ${unknown.join(', ')}. The pages are ${names.join(', ')}.`);
  return positionals.length > 0 ? positionals : names;
}
