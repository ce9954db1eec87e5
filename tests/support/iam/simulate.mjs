// Reads {policies, requests} from standard input; prints what IAM would say to each request, and why one is invalid.
import { readFileSync } from 'node:fs'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

// What both keys' own policies say: what the account's policies allow is allowed (infrastructure/aws/bootstrap).
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: 'arn:aws:iam::123456789012:root' } }],
}

const { policies, requests } = JSON.parse(readFileSync(0, 'utf8'))
const answers = []
for (const { action, resource, context } of requests) {
  const simulation = {
    request: {
      principal: 'arn:aws:iam::123456789012:role/operator',
      action,
      resource: { resource, accountId: '123456789012' },
      contextVariables: context,
    },
    identityPolicies: policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(action.startsWith('kms:') && resource !== '*' ? { resourcePolicy: KEY_POLICY } : {}),
  }
  const found = await runSimulation(simulation, {})
  if (found.resultType !== 'error') {
    const own = found.resultType === 'wildcard' ? found.results[0] : found.result
    answers.push({ answer: own.analysis.result })
  } else if (found.errors.message === 'multiple.resource.types') {
    // AWS lists the resource of OpenTunnel twice; which of the two it is makes no difference.
    answers.push({ answer: runUnsafeSimulation(simulation, {}) })
  } else {
    answers.push({ answer: 'invalid', why: found.errors })
  }
}
console.log(JSON.stringify(answers))
