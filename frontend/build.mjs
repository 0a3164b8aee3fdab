// Build the scripts into edx_proctoring/static; with --check, prove that what is committed is what a build gives.
// Page scripts become ES5: hosts' asset pipelines may minify them with tools that know nothing newer.
import { build, transform } from 'esbuild';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const banner = '/* Built from frontend/src; change it there and run: npm run build */\n';

const outputs = [
  { entry: 'learner.ts', out: 'proctoring/js/learner.js', page: true },
  { entry: 'exam_action_handler.ts', out: 'proctoring/js/exam_action_handler.js', page: true },
  { entry: 'handler_wrapper.ts', out: 'index.js', page: false },
];

/** One file of modern or, for workers' bundlers, ES2015 code. */
async function bundled(entry, page) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [`frontend/src/${entry}`],
    outdir: 'unused',
    write: false,
    bundle: true,
    format: 'esm',
    target: page ? 'es2020' : 'es2015',
    charset: 'ascii',
    legalComments: 'none',
  });
  return result.outputFiles[0].text;
}

/** As ES5, in a function, so that no name reaches the page; small, because every page of a course loads it. */
async function forPages(text) {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: 'ES5', module: 'ES2015', downlevelIteration: true, newLine: 'lf' },
  });
  const { code } = await transform(`(function () {\n${outputText}})();\n`, { target: 'es5', minify: true, charset: 'ascii' });
  return code;
}

let differences = 0;
for (const { entry, out, page } of outputs) {
  const file = `${root}edx_proctoring/static/${out}`;
  const text = await bundled(entry, page);
  const built = banner + (page ? await forPages(text) : text);
  if (!check) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, built);
  } else if (built !== (await readFile(file, 'utf8').catch(() => ''))) {
    console.error(`edx_proctoring/static/${out} is not what a build gives: run npm run build`);
    differences += 1;
  }
}
process.exit(differences ? 1 : 0);
