// What a Node client needs to be run by `sls-contract exercise`: its task from the environment, its last line.
// The wrappers beside this file pass on what a client gave, and repair nothing.
'use strict';

const NOT_SUPPORTED = 77;

function task(environment) {
  return {
    endpoint: environment.SLS_ENDPOINT,
    region: environment.SLS_REGION,
    project: environment.SLS_PROJECT,
    logstore: environment.SLS_LOGSTORE,
    consumerGroup: environment.SLS_CONSUMER_GROUP,
    shard: environment.SLS_SHARD ? Number(environment.SLS_SHARD) : undefined, // undefined: leave the parameter out
    auth: environment.SLS_AUTH,
    accessKeyId: environment.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: environment.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    securityToken: environment.ALIBABA_CLOUD_SECURITY_TOKEN,
  };
}

// Sets the exit code instead of exiting, so that a pipe gets the whole line.
function finish(lastLine, code) {
  process.stdout.write(`${JSON.stringify(lastLine ?? null)}\n`);
  process.exitCode = code;
}

// Ask once; print what the client returned or how it failed, as `explain` reads its error.
async function run(ask, explain) {
  try {
    finish(await ask(task(process.env)), 0);
  } catch (error) {
    console.error(error);
    const { code, status } = explain(error);
    finish({ errorCode: code ?? null, status: status ?? null }, 1);
  }
}

module.exports = { NOT_SUPPORTED, run, task };
