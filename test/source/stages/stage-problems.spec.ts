import { boolean } from '@gatehouse/contracts';
import { stageModule } from '@gatehouse/stage-kit';
import { Inject } from '@nestjs/common';
import { expect, it } from 'vitest';
import { dummyContract } from '../../../libs/stages/src/dummy/dummy.contract.js';
import { DummyStage } from '../../../libs/stages/src/dummy/dummy.stage.js';
import { moduleProblems } from './module-problems.js';
import { missingParts, stageProblems } from './stage-problems.js';
import { DIFFERENCES, NATS, SPEC, type StageEntry, type StageSources, stageSources } from './stage-sources.js';

const complete = stageSources();
const DUMMY = 'libs/stages/src/dummy';

/** A handler with a dependency that its module does not provide. */
class StageWithMissingProvider extends DummyStage {
  constructor(@Inject('CLOCK') readonly clock: unknown) {
    super();
  }
}

const without = <T extends object>(entries: T, ...keys: string[]): T =>
  Object.fromEntries(Object.entries(entries).filter(([key]) => !keys.includes(key))) as T;

/** Returns the sources with a changed file. Fails if the change changes nothing. */
function withFile(path: string, from: string | RegExp, to: string): Partial<StageSources> {
  const text = complete.files.get(path)!.replaceAll(from, to);
  expect(text).not.toBe(complete.files.get(path));
  return { files: new Map([...complete.files, [path, text]]) };
}

const withoutFile = (path: string): Partial<StageSources> => {
  const files = new Map(complete.files);
  expect(files.delete(path)).toBe(true);
  return { files };
};

/** Returns the sources with a changed dummy stage. */
const withDummy = (changes: Partial<StageEntry>): Partial<StageSources> => ({
  stages: { ...complete.stages, dummy: { ...complete.stages['dummy']!, ...changes } },
});
const withContract = (changes: object) => withDummy({ contract: { ...dummyContract, ...changes } });

/** Returns the sources with translations that are added to the catalogue of a folder and a language. */
const withTranslation = (folder: keyof StageSources['others'], locale: 'de' | 'fr' | 'es', added: object) => ({
  others: {
    ...complete.others,
    [folder]: { ...complete.others[folder], [locale]: { ...complete.others[folder][locale], ...added } },
  },
});

/** For each problem, sources that have it, and how the message of the check begins. */
const BREAKAGES: Readonly<Record<string, [() => Partial<StageSources>, string]>> = {
  'a contract without a line in the catalogue': [
    () => ({ stages: without(complete.stages, 'dummy') }),
    `${DUMMY}/dummy.contract.ts is not in the catalogue: add a line for dummy to libs/stages/src/catalogue.ts`,
  ],
  'a module that lacks a provider': [
    () => withDummy({ module: () => Promise.resolve(stageModule(dummyContract, StageWithMissingProvider)) }),
    "the module of dummy does not start: Nest can't resolve dependencies of the StageWithMissingProvider (?)",
  ],
  'a stage without a module': [
    () => withDummy({ module: () => Promise.reject(new Error('Cannot find ./dummy.module.js')) }),
    'the module of dummy does not start: Cannot find ./dummy.module.js',
  ],
  'a stage of a service that does not exist': [
    () => withContract({ service: 'lottery' }),
    'dummy names the service lottery, but there is no apps/lottery/src/main.ts',
  ],
  'a stage without a page': [
    () => ({ challenges: without(complete.challenges, 'ak-stage-dummy') }),
    'dummy has no page: add apps/web/src/challenges/dummy.tsx and a line for ak-stage-dummy in apps/web/src/challenges/table.ts',
  ],
  'a stage without an example': [
    () => ({ examples: without(complete.examples, 'dummy') }),
    'dummy has no example: add a challenge of ak-stage-dummy to apps/web/src/examples/steps.ts',
  ],
  'an example without a required field': [
    () => ({ examples: { ...complete.examples, dummy: { component: 'ak-stage-dummy' } } }),
    'the example dummy in apps/web/src/examples does not fit ak-stage-dummy: name: ',
  ],
  'a page without a stage': [
    () => ({ challenges: { ...complete.challenges, 'ak-stage-gone': {} } }),
    'no stage shows ak-stage-gone: remove its page and its examples in apps/web/src',
  ],
  'an error without translations': [
    () => withContract({ errors: { dummy_late: { string: 'Too late.', code: 'invalid' } } }),
    'dummy has an untranslated text, "Too late.": add it to libs/texts/src/page-errors/de.ts, libs/texts/src/page-errors/fr.ts, libs/texts/src/page-errors/es.ts, libs/texts/src/page-errors/ar.ts',
  ],
  'a text of a page without a translation': [
    () => ({ pages: { ...complete.pages, fr: without(complete.pages.fr, 'Stay signed in on this device?') } }),
    'apps/web/src/flow/heading.ts has an untranslated text, "Stay signed in on this device?": add it to libs/texts/src/pages/fr.ts',
  ],
  'an error without words on the pages': [
    () => ({ errorWords: without(complete.errorWords, 'password_invalid') }),
    'the pages have no words for the error password_invalid of password: if its text says what the visitor can do next, translate it in libs/texts/src/page-errors. Else add words',
  ],
  'words on the pages for an error that does not exist': [
    () => ({ errorWords: { ...complete.errorWords, dummy_gone: {} } }),
    'no stage has the error dummy_gone: remove its words from apps/web/src/challenges/error-words.ts',
  ],
  'a text of a flow page that is only in the catalogue of other pages': [
    () => ({
      pages: { ...complete.pages, fr: without(complete.pages.fr, 'Yes') },
      ...withTranslation('panels', 'fr', { Yes: 'Oui' }),
    }),
    'apps/web/src/challenges/user-login.tsx shows the text "Yes", whose translation the page does not get: move it from libs/texts/src/panels/fr.ts to libs/texts/src/pages/fr.ts',
  ],
  'a text in two catalogues': [
    () => withTranslation('panels', 'es', { Yes: 'Sí' }),
    'the text "Yes" is in libs/texts/src/pages/es.ts already: remove it from libs/texts/src/panels/es.ts',
  ],
  'an unused translation': [
    () => withTranslation('panels', 'de', { 'Not any more': 'Nicht mehr' }),
    'no code shows the text "Not any more": remove it from libs/texts/src/panels/de.ts',
  ],
  'a translation without a placeholder': [
    () => ({ pages: { ...complete.pages, ar: { ...complete.pages.ar, 'last used {when}': 'آخر استخدام' } } }),
    'the translation of "last used {when}" in libs/texts/src/pages/ar.ts lacks {when}: add each placeholder of the text',
  ],
  'a config field without a description': [
    () => withContract({ config: dummyContract.config.extend({ throw_error: boolean() }) }),
    `the config field throw_error of dummy has no description: add .describe() in ${DUMMY}/dummy.contract.ts`,
  ],
  'a config field that only documents of other stages name': [
    () =>
      withContract({ config: dummyContract.config.extend({ validation_policies: boolean().describe('Policies.') }) }),
    `the config field validation_policies of dummy is in no document: add it to ${DUMMY}/README.md`,
  ],
  'a page that its file does not export': [
    () => ({ challenges: { ...complete.challenges, 'ak-stage-dummy': undefined } }),
    'dummy has no page: apps/web/src/challenges/table.ts imports a name for ak-stage-dummy that its file does not export',
  ],
  'a stage without a README': [() => withoutFile(`${DUMMY}/README.md`), `dummy has no README: add ${DUMMY}/README.md`],
  'a config field that no document names': [
    () => withContract({ config: dummyContract.config.extend({ fails_often: boolean() }) }),
    `the config field fails_often of dummy is in no document: add it to ${DUMMY}/README.md`,
  ],
  'a stage without a test': [
    () => withoutFile(`${DUMMY}/dummy.stage.spec.ts`),
    `dummy has no test: add ${DUMMY}/dummy.stage.spec.ts`,
  ],
  'a stage without a row in the specification': [
    () => withFile(SPEC, /^\| \[`dummy`\].*$/gm, ''),
    'docs/spec/stages.md has no row for dummy: add one to its table, and a section',
  ],
  'a stage without a section in the specification': [
    () => withFile(SPEC, '## Dummy', '## Other'),
    'docs/spec/stages.md has no section on dummy: add a heading for #dummy',
  ],
  'a row of the specification with a wrong service': [
    () => withFile(SPEC, '| `ak-stage-dummy` | yes | session |', '| `ak-stage-dummy` | yes | mfa |'),
    'the row of dummy in docs/spec/stages.md names a wrong service: write session',
  ],
  'a service that may not subscribe to a subject of its stage': [
    () => withFile(NATS, '"stage.dummy.describe dummy",', ''),
    'deploy/nats/nats.conf lacks subjects of dummy: run npm run docs',
  ],
  'a checker that may call the stage': [
    () => withFile(NATS, '"stage.dummy.*",', ''),
    'deploy/nats/nats.conf lacks subjects of dummy: run npm run docs',
  ],
  'a model with a wrong name': [
    () => withContract({ model: 'acme.dummy' }),
    'the model of dummy is acme.dummy: rename it gatehouse_stages.dummystage, or VENDOR_stages.dummystage',
  ],
  'an own stage without a line in the differences from authentik': [
    () => withContract({ model: 'gatehouse_stages.dummystage' }),
    `${DIFFERENCES} does not list dummy: add a line under "Own stages"`,
  ],
};

it('no stage lacks a module, page, example, text, subject or document', async () => {
  expect(await stageProblems(complete)).toEqual([]);
});

it('the check allows the model of a vendor for a stage that authentik lacks', () => {
  const model = 'acme_stages.dummystage';
  const vendor = withContract({ model, component: 'gatehouse-stage-dummy' });

  expect(missingParts({ ...complete, ...vendor }).filter((problem) => problem.includes(model))).toEqual([]);
});

it.each(Object.entries(BREAKAGES))(
  'the check reports %s, and says what to do',
  async (_problem, [broken, sentence]) => {
    const sources = { ...complete, ...broken() };
    const { dummy } = sources.stages;
    const found = [...missingParts(sources), ...(await moduleProblems({ ...sources, stages: dummy ? { dummy } : {} }))];

    expect(found.filter((problem) => problem.startsWith(sentence))).toHaveLength(1);
  },
);

it.each<[string, () => Partial<StageSources>, string]>([
  [
    'another key in the catalogue than its kind',
    () => ({ stages: { ...without(complete.stages, 'dummy'), dumy: complete.stages['dummy']! } }),
    'libs/stages/src/catalogue.ts has the stage dummy under the key dumy: rename the key to dummy',
  ],
  [
    'a kind that no subject can have',
    () => withContract({ kind: 'dum-my' }),
    'the kind "dum-my" is not valid: use 2 to 48 lower-case letters, digits and underscores, beginning with a letter, such as dummy',
  ],
])(
  'the check reports that a stage has %s, but not the problems that follow from it',
  async (_what, broken, sentence) => {
    expect(await stageProblems({ ...complete, ...broken() })).toEqual([sentence]);
  },
);
