/**
 * The rules about imports. The comment of a rule is its error message. Oxlint finds cycles, in less time.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'nothing-missing',
      comment:
        'An import that does not resolve would fail only at run time. The packages of bench/peers and site are installed by their commands.',
      severity: 'error',
      from: { pathNot: '^(?:bench/peers|site/\\.vitepress)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'libs-know-no-app',
      comment: 'Libraries hold the logic, apps start it. What a library needs from an app belongs in a library.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-know-no-app',
      comment: 'Apps talk over the bus. Only standalone and the commands import another app, through its index.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: ['^apps/$1/', '^apps/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'only-standalone-starts-apps',
      comment: 'The index of an app is for standalone and the commands. All others send requests over the bus.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/(standalone|cli)/' },
      to: { path: '^apps/[^/]+/src/index\\.ts$', pathNot: ['^apps/$1/', '^apps/web/'] },
    },
    {
      name: 'only-the-gateway-sends-pages',
      comment: 'Pages are not a process. The gateway sends them, through their index.',
      severity: 'error',
      from: { path: '^apps/', pathNot: '^apps/(web|gateway)/' },
      to: { path: '^apps/web/' },
    },
    {
      name: 'pages-run-in-browsers',
      comment: 'Pages are sent to browsers. They import texts and what draws them, and nothing of the server.',
      severity: 'error',
      from: { path: '^apps/web/src/', pathNot: '\\.spec\\.ts$|^apps/web/src/examples/' },
      to: {
        path: '^(libs|apps)/|^(?!node_modules/(preact|uqr))',
        pathNot: [
          '^libs/texts/',
          '^packages/client/',
          '^apps/web/',
          'node_modules/(preact|preact-render-to-string|uqr|@noble/hashes)/',
        ],
      },
    },
    {
      name: 'client-has-no-dependency',
      comment: 'Other programs install the client. Its types are generated from the contracts, so it imports nothing.',
      severity: 'error',
      from: { path: '^packages/client/src/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^packages/client/src/' },
    },
    {
      name: 'react-package-imports-the-client',
      comment: 'Other programs install the package for React. It depends on React and on the client alone.',
      severity: 'error',
      from: { path: '^packages/react/src/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^packages/(react|client/src/index\\.ts$)', 'node_modules/(@types/)?react/'] },
    },
    {
      name: 'contracts-only-zod',
      comment: 'Contracts are the public protocol, also for stages in other languages. They depend on zod alone.',
      severity: 'error',
      from: { path: '^libs/contracts/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/contracts/', 'node_modules/zod/'] },
    },
    {
      name: 'texts-load-sentences-only',
      comment: 'Browsers load the texts, so they must not pull in server code.',
      severity: 'error',
      from: { path: '^libs/texts/', pathNot: '\\.spec\\.ts$' },
      to: {
        pathNot: [
          '^libs/texts/',
          '^libs/contracts/src/sentence\\.ts$',
          'node_modules/(icu-minify|(@types/)?negotiator)/',
        ],
      },
    },
    {
      name: 'browsers-load-little',
      comment: 'The catalogues, their compiler and the header parser stay on the server.',
      severity: 'error',
      from: { path: '^libs/texts/src/(browser|translate)\\.ts$' },
      to: {
        pathNot: [
          '^libs/texts/src/(translate|locale)\\.ts$',
          '^libs/contracts/src/sentence\\.ts$',
          'icu-minify/.*format',
        ],
      },
    },
    {
      name: 'pages-bring-one-language',
      comment: 'A page comes with the texts of one language and does not load the others.',
      severity: 'error',
      from: { path: '^apps/web/src/', pathNot: '^apps/web/src/(server\\.tsx|examples/.*)$|\\.spec\\.tsx?$' },
      to: { path: '^libs/texts/', pathNot: '^libs/texts/src/browser\\.ts$' },
    },
    {
      name: 'plan-is-pure',
      comment: 'The plan decides and has no effects: no framework, clock, network or database.',
      severity: 'error',
      from: { path: '^libs/plan/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { pathNot: ['^libs/plan/', '^libs/contracts/', 'node_modules/zod/'] },
    },
    {
      name: 'simulation-is-pure',
      comment:
        'The simulation walks a flow version by the functions of the plan. It knows neither stages nor databases.',
      severity: 'error',
      from: { path: '^libs/simulation/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { pathNot: ['^libs/simulation/', '^libs/plan/', '^libs/contracts/', 'node_modules/zod/'] },
    },
    {
      name: 'executor-is-pure',
      comment: 'The engine knows no HTTP, no framework and no SQL: it asks its ports.',
      severity: 'error',
      from: { path: '^libs/executor/src/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^(libs|apps)/|node_modules/(@nestjs|@nats-io|fastify|@fastify|typeorm|pg)/',
        pathNot: '^libs/(executor/src|plan|contracts|platform)/',
      },
    },
    {
      name: 'stage-kit-serves-any-stage',
      comment:
        'The kit serves stages that it does not know. It depends on contracts, schema versions and the platform.',
      severity: 'error',
      from: { path: '^libs/stage-kit/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/(stage-kit|contracts|platform|schemas)/' },
    },
    {
      name: 'platform-knows-no-login',
      comment: 'The platform would serve any product. Of Gatehouse it knows only the names of problems.',
      severity: 'error',
      from: { path: '^libs/platform/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/(platform/|contracts/src/(index|problems)\\.ts$)' },
    },
    {
      name: 'stages-are-separate',
      comment:
        'A stage never imports another stage. Facts travel in the plan context, and steps embed each other by contract.',
      severity: 'error',
      from: { path: '^libs/stages/src/([^/]+)/' },
      to: { path: '^libs/stages/', pathNot: ['^libs/stages/src/$1/', '/testing/'] },
    },
    {
      name: 'stage-dependencies',
      comment:
        'A stage depends on contracts, the kit and the platform; a listed stage also on the directory, devices or sources.',
      severity: 'error',
      from: { path: '^libs/stages/src/[^/]+/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^(libs|apps)/',
        pathNot: '^libs/(stages|contracts|stage-kit|platform|directory|authenticators|sources)/',
      },
    },
    {
      name: 'directory-has-named-readers',
      comment: 'Only the listed stages read users and their hashes.',
      severity: 'error',
      from: {
        path: '^libs/stages/src/',
        pathNot: '^libs/stages/src/(identification|password|enrollment|prompt|email|mfa)/',
      },
      to: { path: '^libs/directory/' },
    },
    {
      name: 'authenticators-have-one-reader',
      comment: 'Only the mfa stages open authenticators.',
      severity: 'error',
      from: { path: '^libs/stages/src/', pathNot: '^libs/stages/src/mfa/' },
      to: { path: '^libs/authenticators/' },
    },
    {
      name: 'sources-have-two-readers',
      comment: 'Only the stages that show sources, or receive users from them, read sources.',
      severity: 'error',
      from: { path: '^libs/stages/src/', pathNot: '^libs/stages/src/(identification|source)/' },
      to: { path: '^libs/sources/' },
    },
    {
      name: 'providers-are-independent',
      comment: 'Clients of providers get all they need as arguments. They read neither rows nor flows.',
      severity: 'error',
      from: { path: '^libs/providers/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/(providers|contracts|platform)/' },
    },
    {
      name: 'policies-are-separate',
      comment: 'A kind of policy never imports another. They meet in the catalogue and in the plan context.',
      severity: 'error',
      from: { path: '^libs/policies/src/([^/]+)/' },
      to: { path: '^libs/policies/src/[^/]+/', pathNot: '^libs/policies/src/$1/' },
    },
    {
      name: 'gateway-sees-contracts-only',
      comment:
        'The gateway and the executor know the contracts of stages and never their code. The catalogue is their only view.',
      severity: 'error',
      from: { path: '^(apps/gateway|libs/executor(-postgres)?)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/(stages/(?!src/catalogue\\.ts)|policies/|stage-kit/)' },
    },
    {
      name: 'expressions-are-isolated',
      comment:
        'The interpreter runs foreign code, so it imports nothing that could leak. It only sends requests to its parent process.',
      severity: 'error',
      from: { path: '^libs/expressions/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/expressions/' },
    },
    {
      name: 'python-keeps-its-side',
      comment: 'The program of the sandboxed process is started, never imported.',
      severity: 'error',
      from: { pathNot: '^libs/expressions/src/child/' },
      to: { path: '^libs/expressions/src/child/' },
    },
    {
      name: 'typeorm-by-file-name',
      comment: 'A file that uses TypeORM shows it by its name or folder, so that SQL stays in known places.',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: [
          '/typeorm-[^/]+\\.ts$',
          '\\.(entity|module|repository|columns)\\.ts$',
          '\\.db\\.spec\\.ts$',
          '/(migrations|testing)/',
          '^libs/(executor-postgres|local)/',
          '^apps/cli/',
          '^apps/gateway/src/recovery-links/create-recovery-link\\.ts$',
          '/(outbox|webhook)-admin\\.ts$',
          '-(transaction|lookup|cleaner)\\.ts$',
        ],
      },
      to: { path: 'node_modules/(typeorm|@nestjs/typeorm)/' },
    },
    {
      name: 'bus-by-file-name',
      comment:
        'Only files that are named for a bus, and the stage kit, import a message client. Other files use a port.',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: '/(nats|in-process)-[^/]+\\.ts$|\\.client(\\.spec)?\\.ts$|^libs/stage-kit/',
      },
      to: { path: 'node_modules/(@nats-io|@nestjs/microservices)/' },
    },
    {
      name: 'no-test-code-in-the-product',
      comment: 'The product imports no specs, test support, test doubles or development packages.',
      severity: 'error',
      from: { path: '^(apps|libs|tools)/', pathNot: '\\.spec\\.ts$|/testing/|/testing\\.ts$' },
      to: { path: '\\.spec\\.ts$|^test/|/testing/|node_modules/(vitest|fast-check|@nestjs/testing)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|bench/results|site/\\.vitepress/\\.temp)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // No file calls `require`, so no syntax tree is searched for calls of it.
    moduleSystems: ['es6'],
    skipAnalysisNotInRules: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      // Without `.vue`, `.svelte` and other defaults: the resolver looks for a file of each extension, for each import.
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.d.ts'],
      // Milliseconds, more than the check takes, so that no file is read twice.
      cachedInputFileSystem: { cacheDuration: 60_000 },
    },
  },
};
