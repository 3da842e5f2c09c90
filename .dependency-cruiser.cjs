/** The import order of ARCHITECTURE.md as rules: each says why in its comment. */
const inMain = (folder) => `^src/main/${folder}/`;
const clientOnly = ['controllers', 'scheduler', 'machines', 'diagnosis', 'metrics', 'simulator', 'live'];

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle means two ideas are one, or a border is missing.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'shared-is-pure',
      severity: 'error',
      comment: 'shared runs in the agent, the main process and the renderer: nothing of ours, no Node, no Electron.',
      from: { path: '^src/shared/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(?!shared/)|^electron$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'shared-no-node',
      severity: 'error',
      comment: 'shared has no I/O.',
      from: { path: '^src/shared/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'agent-imports-shared',
      severity: 'error',
      comment: 'The agent is one file on another machine.',
      from: { path: '^src/agent/' },
      to: { path: '^src/(main|renderer|preload)/' },
    },
    {
      name: 'renderer-imports-shared',
      severity: 'error',
      comment: 'The renderer is sandboxed and talks by contract only.',
      from: { path: '^src/renderer/' },
      to: { path: '^src/(main|agent|preload)/' },
    },
    {
      name: 'preload-imports-shared',
      severity: 'error',
      comment: 'A typed bridge, nothing else.',
      from: { path: '^src/preload/' },
      to: { path: '^src/(main|agent|renderer)/' },
    },
    {
      name: 'main-not-agent',
      severity: 'error',
      comment: 'The agent is shipped, not imported.',
      from: { path: '^src/main/' },
      to: { path: '^src/(agent|renderer|preload)/' },
    },
    {
      name: 'only-apiserver-touches-store',
      severity: 'error',
      comment: 'Everything else is a client of the API.',
      from: { path: '^src/main/', pathNot: '^src/main/(apiserver|store|app)/' },
      to: { path: inMain('store') },
    },
    {
      name: 'store-stands-alone',
      severity: 'error',
      comment: 'The store knows keys and revisions, not Kubernetes.',
      from: { path: inMain('store') },
      to: { path: '^src/main/(?!store/)' },
    },
    {
      name: 'resources-stand-alone',
      severity: 'error',
      comment: 'A kind is a declaration.',
      from: { path: inMain('resources') },
      to: { path: '^src/main/(?!resources/)' },
    },
    {
      name: 'apiserver-imports',
      severity: 'error',
      comment: 'apiserver uses resources and store.',
      from: { path: inMain('apiserver') },
      to: { path: '^src/main/(?!apiserver/|resources/|store/)' },
    },
    ...clientOnly.map((folder) => ({
      name: `${folder}-is-a-client`,
      severity: 'error',
      comment: 'Clients of the API never import each other, the server or the store.',
      from: { path: inMain(folder), pathNot: '\\.test\\.ts$' },
      to: { path: `^src/main/(?!${folder}/)` },
    })),
    {
      name: 'electron-only-in-shell',
      severity: 'error',
      comment: 'Everything but windows and menus runs under plain Node.',
      from: { path: '^src/', pathNot: '^src/(main/shell/|main/index\\.ts|preload/)' },
      to: { path: '(^|/)electron(/|$)', dependencyTypesNot: ['local'] },
    },
    {
      name: 'app-not-shell',
      severity: 'error',
      comment: 'app has no Electron.',
      from: { path: inMain('app') },
      to: { path: inMain('shell') },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'node', 'default'],
    },
  },
};
