Feature: Secrets management
  Git holds secrets that only this cluster can decrypt, and pods get their values.

  @ac-5.1
  Scenario: The controller generates an RSA key pair and keeps the private key in the cluster
    Given the Sealed Secrets controller runs
    Then its newest key is an RSA private key in a Secret in its own namespace
    And each of its keys is an RSA private key with a matching certificate
    And no other namespace has a copy of any of these keys
    And production runs "sealed-secrets" as it was proven here

  @ac-5.2
  Scenario: The public certificate can be fetched
    When kubeseal fetches the certificate
    Then it is currently valid and belongs to one of the controller's keys
    And it can be used for sealing for another month
    And production runs "sealed-secrets" as it was proven here

  @ac-5.3
  Scenario: A SealedSecret becomes the matching Secret
    When a Secret with unique values, a type and a label is sealed and applied
    Then a Secret of that name has these and is owned by the SealedSecret
    And the same SealedSecret under another name is rejected
    And that Secret is made again with the same value after it was deleted
    And each SealedSecret of the platform is unsealed, and only under its own name
    And each Secret has the values of its SealedSecret
    And a password beside a connection URL is the one in that URL, in each Secret of the platform
    And the API server would admit one more SealedSecret and its Secret beside the services
    And production runs "sealed-secrets" as it was proven here

  @ac-5.4 @needs-everything
  Scenario: Secrets in Git cannot be decrypted without the cluster's private key
    Given every version of every file on every branch of every repository, including deleted branches
    Then none of them is a Secret or contains a secret value
    And each sealed value can be decrypted with the cluster's key
    And no version of any can be decrypted without a key or with another cluster's key

  @ac-5.5 @needs-everything
  Scenario: Secret values reach a pod as an environment variable and as a file
    Given a sealed Secret in the cluster
    When a pod takes its value as an environment variable and as a file
    Then the pod sees the value both ways
    And the platform's pods take their secret values only from Secrets, here and in production
    And no object of the platform except Secrets contains a secret value or a plaintext credential, in any namespace

  @ac-5.6
  Scenario: The JWT SealedSecret becomes the Secret jwt-secret
    Then the SealedSecret "jwt-secret" in Git became a Secret with the same value under "JWT_SECRET"

  @ac-5.7
  Scenario: The database SealedSecret becomes the Secret database-credentials
    Then the SealedSecret "database-credentials" in Git became a Secret with the same value under "DATABASE_URL"
    And that value is a PostgreSQL connection URL
    And a password beside it in "database-credentials" is the one in that URL

  @ac-5.8
  Scenario: A rotated value reaches the pod after a rollout restart, and not before
    Given a Deployment whose pod takes a value from a sealed Secret
    When another value is sealed and applied
    Then the Secret has the new value and the running pod still has the old one
    When the Deployment is restarted
    Then its pod has the new value
    And no Secret or workload of the platform would block a rotated value
