/** `npm run pages`: serves a preview of every page with sample challenges. */
import { prepare } from './prepare.mjs';

prepare();
const { openExamples } = await import(new URL('../dist/apps/web/examples.js', import.meta.url).href);
const { url } = await openExamples(Number(process.env.PORT ?? 9100));
console.log(`Every page, with made-up challenges: ${url}/`);
