// @alicloud/sls20201230: Client.getCheckPoint.
'use strict';

const { default: Client, GetCheckPointRequest } = require('@alicloud/sls20201230');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { run } = require('./protocol.cjs');

function settings(task) {
  return new $OpenApiUtil.Config({
    accessKeyId: task.accessKeyId,
    accessKeySecret: task.accessKeySecret,
    securityToken: task.securityToken,
    endpoint: task.endpoint,
    regionId: task.region,
    protocol: 'http', // https is its default
    signatureVersion: task.auth,
  });
}

async function ask(task) {
  const request = new GetCheckPointRequest({ shard: task.shard });
  const response = await new Client(settings(task)).getCheckPoint(task.project, task.logstore, task.consumerGroup, request);
  return response.body;
}

module.exports = { ask };

if (require.main === module) run(ask, (error) => ({ code: error.code, status: error.statusCode }));
