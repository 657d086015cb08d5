/**
 * Who may import whom. Each rule's comment is what its breaker should read.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that cannot do without each other are one file, or are missing a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-missing',
      comment: 'An import that resolves to nothing fails only when its line is reached, so it fails here.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'libs-know-no-app',
      comment:
        'Libraries carry the meaning and apps open doors to it: what a library needs of an app belongs in a library.',
      severity: 'error',
      from: { path: '^libs/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-know-no-app',
      comment: 'Apps speak over the bus; only standalone starts others, and only through the face that they show.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: ['^apps/$1/', '^apps/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'only-standalone-starts-apps',
      comment: 'The public face of an app is for standalone; everybody else asks over the bus.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/[^/]+/src/index\\.ts$', pathNot: ['^apps/$1/', '^apps/web/'] },
    },
    {
      name: 'only-the-gateway-sends-pages',
      comment: 'Pages are no process: the gateway sends them, by what their face says of them.',
      severity: 'error',
      from: { path: '^apps/', pathNot: '^apps/(web|gateway)/' },
      to: { path: '^apps/web/' },
    },
    {
      name: 'pages-run-in-browsers',
      comment: 'A page is sent to strangers byte for byte: it knows texts and what draws it, and nothing of the house.',
      severity: 'error',
      from: { path: '^apps/web/src/', pathNot: '\\.spec\\.ts$|^apps/web/src/examples/' },
      to: {
        path: '^(libs|apps)/|^(?!node_modules/(preact|uqr))',
        pathNot: ['^libs/texts/', '^apps/web/', 'node_modules/(preact|preact-render-to-string|uqr|@noble/hashes)/'],
      },
    },
    {
      name: 'contracts-only-zod',
      comment:
        'Contracts are read by everybody, strangers in other languages included, so they lean on zod and nothing else.',
      severity: 'error',
      from: { path: '^libs/contracts/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/contracts/', 'node_modules/zod/'] },
    },
    {
      name: 'texts-know-sentences-only',
      comment: 'Texts are read by browsers too, which should not load what the house is made of.',
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
      comment: 'The catalogues, their compiler and the reading of headers stay on the server.',
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
      comment: 'What draws a page in a browser gets the texts of one language with it, and does not load all of them.',
      severity: 'error',
      from: { path: '^apps/web/src/', pathNot: '^apps/web/src/(server\\.tsx|examples/.*)$|\\.spec\\.tsx?$' },
      to: { path: '^libs/texts/', pathNot: '^libs/texts/src/browser\\.ts$' },
    },
    {
      name: 'plan-is-pure',
      comment: 'The plan decides and does nothing: no framework, clock, network or database reaches it.',
      severity: 'error',
      from: { path: '^libs/plan/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/plan/', '^libs/contracts/', 'node_modules/zod/'] },
    },
    {
      name: 'stage-kit-serves-any-stage',
      comment: 'The kit serves stages that it has never heard of, so it knows contracts and the platform only.',
      severity: 'error',
      from: { path: '^libs/stage-kit/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/(stage-kit|contracts|platform)/' },
    },
    {
      name: 'platform-knows-no-login',
      comment: 'The platform would serve any other product as well; of ours it may know how a problem is named.',
      severity: 'error',
      from: { path: '^libs/platform/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/(platform/|contracts/src/(index|problems)\\.ts$)' },
    },
    {
      name: 'wings-are-strangers',
      comment:
        'A stage never imports another stage: facts travel in the plan context, steps embed each other by contract.',
      severity: 'error',
      from: { path: '^libs/stages/src/([^/]+)/' },
      to: { path: '^libs/stages/', pathNot: '^libs/stages/src/$1/' },
    },
    {
      name: 'wings-keep-to-their-bench',
      comment:
        'A stage is built from contracts, the kit, the platform and, for named readers, the directory, devices or sources.',
      severity: 'error',
      from: { path: '^libs/stages/src/[^/]+/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^(libs|apps)/',
        pathNot: '^libs/(stages|contracts|stage-kit|platform|directory|authenticators|sources)/',
      },
    },
    {
      name: 'directory-has-named-readers',
      comment: 'Who touches users and their hashes is a list that a reviewer reads in one glance.',
      severity: 'error',
      from: {
        path: '^libs/stages/src/',
        pathNot: '^libs/stages/src/(identification|password|enrollment|prompt|email|mfa)/',
      },
      to: { path: '^libs/directory/' },
    },
    {
      name: 'devices-have-one-wing',
      comment: 'What proves somebody besides a password is opened by the stages of mfa, and by no other stage.',
      severity: 'error',
      from: { path: '^libs/stages/src/', pathNot: '^libs/stages/src/mfa/' },
      to: { path: '^libs/authenticators/' },
    },
    {
      name: 'sources-have-two-wings',
      comment: 'Where people may come from, and who has, is for those who show the buttons and those who answer them.',
      severity: 'error',
      from: { path: '^libs/stages/src/', pathNot: '^libs/stages/src/(identification|source)/' },
      to: { path: '^libs/sources/' },
    },
    {
      name: 'providers-know-no-house',
      comment: 'What speaks to strangers is given what it says, and reaches neither rows nor flows.',
      severity: 'error',
      from: { path: '^libs/providers/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/(providers|contracts|platform)/' },
    },
    {
      name: 'policies-are-strangers',
      comment: 'A kind of policy never imports another: they meet in the catalogue, and in the facts of a plan.',
      severity: 'error',
      from: { path: '^libs/policies/src/([^/]+)/' },
      to: { path: '^libs/policies/src/[^/]+/', pathNot: '^libs/policies/src/$1/' },
    },
    {
      name: 'gateway-sees-promises-only',
      comment:
        'The gateway knows what stages promise and never how they keep it: the catalogue is its only view of them.',
      severity: 'error',
      from: { path: '^apps/gateway/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/(stages/(?!src/catalogue\\.ts)|policies/|stage-kit/)' },
    },
    {
      name: 'expressions-know-nothing',
      comment:
        'What runs foreign code knows nothing of the house that could be taken from it: it only asks its parent.',
      severity: 'error',
      from: { path: '^libs/expressions/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(libs|apps)/', pathNot: '^libs/expressions/' },
    },
    {
      name: 'python-keeps-its-side',
      comment: 'The program of the locked process is started and never imported.',
      severity: 'error',
      from: { pathNot: '^libs/expressions/src/child/' },
      to: { path: '^libs/expressions/src/child/' },
    },
    {
      name: 'typeorm-by-file-name',
      comment: 'A file that speaks TypeORM says so in its name, so that the rest cannot grow a taste for it.',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: '/typeorm-[^/]+\\.ts$|\\.entity\\.ts$|/migrations/|\\.db\\.spec\\.ts$|\\.module\\.ts$',
      },
      to: { path: 'node_modules/(typeorm|@nestjs/typeorm)/' },
    },
    {
      name: 'nats-by-file-name',
      comment: 'Only files named for NATS and the kit speak to the bus; everybody else asks a port.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '/nats-[^/]+\\.ts$|^libs/stage-kit/' },
      to: { path: 'node_modules/(@nats-io|@nestjs/microservices)/' },
    },
    {
      name: 'no-test-code-in-the-product',
      comment: 'What ships does not lean on specs, test support or development packages.',
      severity: 'error',
      from: { path: '^(apps|libs|tools)/', pathNot: '\\.spec\\.ts$|/testing\\.ts$' },
      to: { path: '\\.spec\\.ts$|^test/|node_modules/(vitest|fast-check|@nestjs/testing)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|bench/results)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
