// @alicloud/log has no method for GetCheckPoint: its generic request, called as its own methods call it. v1 only.
'use strict';

const Client = require('@alicloud/log');
const { NOT_SUPPORTED, run } = require('./protocol.cjs');

if (process.env.SLS_AUTH !== 'v1') process.exit(NOT_SUPPORTED);

function ask(task) {
  const { accessKeyId, accessKeySecret, securityToken, region, endpoint } = task;
  const client = new Client({ accessKeyId, accessKeySecret, securityToken, region, endpoint });
  const path = `/logstores/${task.logstore}/consumergroups/${task.consumerGroup}`;
  const query = task.shard === undefined ? {} : { shard: task.shard };
  return client._request('GET', task.project, path, query, null, {}, {});
}

run(ask, (error) => ({ code: error.code }));
