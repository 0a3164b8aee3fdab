// Build the scripts into edx_proctoring/static; with --check, check that the committed files equal those of a build.
// Scripts of learners' pages become ES5: hosts' asset pipelines may minify them with tools that know nothing newer. The
// staff page and the live board load their scripts as modules, which are as modern as custom elements are.
import { build, transform } from 'esbuild';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const STYLES = ['chrome111', 'firefox113', 'safari16.4'];
const MODULE = { target: 'es2022', minify: true, legalComments: 'eof' }; // Lit's licence asks for its notice
const banner = '/* Built from frontend/src; change it there and run: npm run build */\n';

const outputs = [
  { entry: 'learner.ts', out: 'proctoring/js/learner.js', make: forPages },
  { entry: 'exam_action_handler.ts', out: 'proctoring/js/exam_action_handler.js', make: forPages },
  { entry: 'instructor_dashboard.ts', out: 'proctoring/js/instructor_dashboard.js', make: forPages },
  { entry: 'handler_wrapper.ts', out: 'index.js', make: (entry) => bundled(entry, { target: 'es2015' }) },
  { entry: 'accommodations/index.ts', out: 'proctoring/js/accommodations.js', make: forExtensions },
  { entry: 'staff/index.ts', out: 'proctoring/js/staff.js', make: (entry) => bundled(entry, MODULE) },
  { entry: 'live/index.ts', out: 'proctoring/js/live.js', make: forExtensions },
  { entry: '../mfe/exam_messages.ts', out: 'proctoring/mfe/exam_messages.js', make: (entry) => bundled(entry, { target: 'es2019', minify: true }) },
  { entry: 'staff/tokens.css', out: 'proctoring/css/staff.css', make: styles },
  { entry: ['tokens', 'basics', 'parts', 'bar', 'screens'].map((name) => `learner/${name}.css`), out: 'proctoring/css/learner.css', make: styles },
];

/** `import text from './x.css?inline'`, as vitest knows it, too: the minified text. */
const inlineStyles = {
  name: 'inline styles',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?inline', '')),
      namespace: 'inline-css',
    }));
    onLoad({ filter: /.*/, namespace: 'inline-css' }, async ({ path }) => ({
      contents: (await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true, target: STYLES })).code,
      loader: 'text',
    }));
  },
};

function options(entries) {
  return {
    absWorkingDir: root,
    entryPoints: entries.map((entry) => `frontend/src/${entry}`),
    outdir: 'unused',
    write: false,
    bundle: true,
    format: 'esm',
    charset: 'ascii',
    legalComments: 'none',
    plugins: [inlineStyles],
  };
}

/** One file of modern or, for workers' bundlers, ES2015 code. */
async function bundled(entry, own) {
  const result = await build({ ...options([entry]), ...own });
  return result.outputFiles[0].text;
}

/**
 * The modules that the staff page's own script shares (frontend/src/staff/shared_modules.ts), for the scripts of extensions.
 */
const sharedModules = {
  name: 'shared modules',
  async setup({ onResolve, onLoad }) {
    const shared = await readFile(`${root}frontend/src/staff/shared_modules.ts`, 'utf8');
    onResolve({ filter: /^(lit($|\/)|\.\.\/staff\/|\.\.\/http$)/ }, ({ path }) => {
      const isShared = shared.includes(`  '${path}': `) || shared.includes(`  ${path}: `);
      return isShared ? { path, namespace: 'shared' } : { errors: [{ text: `shared.ts does not share ${path}` }] };
    });
    onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
      contents: `module.exports = globalThis.edxProctoringStaff[${JSON.stringify(path)}];`,
      loader: 'js',
    }));
  },
};

/** A section of an extension: one module, without the modules that the staff page already has. */
function forExtensions(entry) {
  return bundled(entry, { ...MODULE, plugins: [sharedModules, inlineStyles] });
}

/** ES5 in a function, so that no name becomes global; small, because every page of a course loads it. */
async function forPages(entry) {
  const { outputText } = ts.transpileModule(await bundled(entry, { target: 'es2020' }), {
    compilerOptions: { target: 'ES5', module: 'ES2015', downlevelIteration: true, newLine: 'lf' },
  });
  const { code } = await transform(`(function () {\n${outputText}})();\n`, { target: 'es5', minify: true, charset: 'ascii' });
  return code;
}

/** One style sheet of one file or of several, in this order. */
async function styles(entry) {
  const texts = await Promise.all([entry].flat().map((name) => readFile(`${root}frontend/src/${name}`, 'utf8')));
  return (await transform(texts.join('\n'), { loader: 'css', minify: true, target: STYLES })).code;
}

const files = [];
for (const { entry, out, make } of outputs) files.push({ out, text: await make(entry) });

let differences = 0;
for (const { out, text } of files) {
  const file = `${root}edx_proctoring/static/${out}`;
  const built = banner + text;
  if (!check) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, built);
  } else if (built !== (await readFile(file, 'utf8').catch(() => ''))) {
    console.error(`edx_proctoring/static/${out} is not what a build gives: run npm run build`);
    differences += 1;
  }
}
process.exit(differences ? 1 : 0);
