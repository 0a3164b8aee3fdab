// Runs the published client in Node: a command per line comes in as JSON, what the client did goes out as JSON.
//
// The page around it is made of stand-ins: the platform's configuration, its HTTP client and its log, the browser's window
// and its workers. `node driver.mjs FOLDER`, where the client is installed in FOLDER.
import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const require = createRequire(join(folder, 'package.json'));
const axios = require('axios');
const { configureStore } = require('@reduxjs/toolkit');
const client = 'node_modules/@edx/frontend-lib-special-exams/dist';

// What happened since the last command.
let seen;
const forget = () => {
  seen = { requests: [], logged: [], posted: [], opened: [], workers: [] };
};
forget();

// The platform

let page = {}; // host, cookies, token, exams_host
let http;
let open = 0; // requests without an answer yet

function openPage(options) {
  page = options;
  http = axios.create({
    headers: { Cookie: page.cookies, 'X-CSRFToken': page.token, Referer: page.host, 'USE-JWT-COOKIE': 'true' },
    httpAgent: new Agent({ keepAlive: false }), // no connection outlives the test
    timeout: 30000,
  });
  http.interceptors.request.use((config) => ((open += 1), config));
  const noted = (response) => {
    const { config, status, data } = response;
    const sent = typeof config.data === 'string' ? JSON.parse(config.data) : (config.data ?? null);
    const path = config.url.replace(page.host, '');
    seen.requests.push({ method: config.method.toUpperCase(), path, sent, status, answer: data });
  };
  http.interceptors.response.use(
    (response) => ((open -= 1), noted(response), response),
    (error) => {
      open -= 1;
      if (error.response) noted(error.response);
      throw error;
    },
  );
}

globalThis.__page = {
  '@edx/frontend-platform': {
    getConfig: () => ({ LMS_BASE_URL: page.host, EXAMS_BASE_URL: page.exams_host }),
  },
  '@edx/frontend-platform/auth': { getAuthenticatedHttpClient: () => http },
  '@edx/frontend-platform/logging': {
    logError: (error) => seen.logged.push(String(error)),
    logInfo: () => {},
  },
};

// The browser

let workersBehave = 'well'; // well, badly, not at all

class Worker extends EventTarget {
  constructor(url) {
    super();
    this.url = String(url);
  }

  postMessage(message) {
    seen.workers.push(message);
    const answers = {
      startExamAttempt: ['examAttemptStarted', 'examAttemptStartFailed'],
      endExamAttempt: ['examAttemptEnded', 'examAttemptEndFailed'],
      ping: ['echo', 'pingFailed'],
    }[message.type];
    if (workersBehave === 'not at all') return;
    const data = workersBehave === 'well' ? { type: answers[0] } : { type: answers[1], error: new Error('It is gone.') };
    queueMicrotask(() => {
      const event = Object.assign(new Event('message'), { data });
      this.onmessage?.(event);
      this.dispatchEvent(event);
    });
  }

  terminate() {}
}

const location = { href: 'http://page/', origin: 'http://page', assign: (url) => seen.opened.push(url) };
class PageURL extends URL {
  static createObjectURL = () => 'blob:worker';
  static revokeObjectURL = () => {};
}
const browser = {
  URL: PageURL,
  Worker,
  top: { postMessage: (message) => seen.posted.push(message) },
  location,
  open: (url) => seen.opened.push(url),
  addEventListener: () => {},
  removeEventListener: () => {},
};
Object.assign(globalThis, { window: browser, location, Worker, URL: PageURL });

// The client

const ANYTHING = `
  const anything = () => new Proxy(function () {}, {
    get: (_target, name) => (name === '__esModule' ? true : anything()),
    apply: () => anything(),
  });
  module.exports = anything();
`; // what draws screens; nothing is drawn

async function load() {
  const standIns = {
    name: 'stand-ins',
    setup(build) {
      const outside = /^(@edx\/frontend-platform|@openedx\/|react|prop-types|@fortawesome\/)/;
      build.onResolve({ filter: outside }, ({ path }) => ({ path, namespace: 'page' }));
      build.onLoad({ filter: /.*/, namespace: 'page' }, ({ path }) => ({
        contents: path in globalThis.__page ? `module.exports = globalThis.__page[${JSON.stringify(path)}];` : ANYTHING,
      }));
    },
  };
  const built = await require('esbuild').build({
    stdin: {
      contents: `
        export { reducer } from './${client}/index.js';
        export * as thunks from './${client}/data/thunks.js';
        export * as api from './${client}/data/api.js';
        export * as messages from './${client}/data/messages/handlers.js';
      `,
      resolveDir: folder,
    },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    logLevel: 'error',
    write: false,
    loader: { '.js': 'jsx', '.svg': 'text', '.scss': 'empty', '.css': 'empty' },
    plugins: [standIns],
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', built.outputFiles[0].text)(module, module.exports, require);
  return module.exports;
}

const { reducer, thunks, api, messages } = await load();
let store;

// Commands

const COMMANDS = {
  open(options) {
    openPage(options);
    store = configureStore({ reducer: { specialExams: reducer } });
  },
  names: () => ({ thunks: Object.keys(thunks), api: Object.keys(api), messages: Object.keys(messages) }),
  do: ([name, ...args], { worker = 'well' }) => {
    workersBehave = worker;
    return store.dispatch(thunks[name](...args));
  },
  call: ([name, ...args]) => api[name](...args),
};

// Thunks do not wait for workers, nor for what follows their messages.
async function settle() {
  for (let quiet = 0; quiet < 3; quiet = open ? 0 : quiet + 1) {
    await new Promise((done) => setTimeout(done, 2));
  }
}

async function run({ command, args = [], options = {} }) {
  forget();
  let answer = null;
  let thrown = '';
  try {
    answer = await (command === 'open' ? COMMANDS.open(args[0]) : COMMANDS[command](args, options));
  } catch (error) {
    thrown = String(error?.stack ?? error);
  }
  await settle();
  return { answer: answer ?? null, thrown, state: store?.getState().specialExams ?? null, ...seen };
}

process.on('unhandledRejection', (error) => seen.logged.push(`unhandled: ${error?.stack ?? error}`));
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
}
process.exit(0); // whatever the client still waits for
