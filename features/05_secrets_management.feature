Feature: Secrets management
  Git carries secrets that only this cluster can open; pods get their values.

  @ac-5.1
  Scenario: The controller made an RSA key pair and keeps the private key in the cluster
    Given the Sealed Secrets controller runs
    Then its newest key is an RSA private key in a Secret of its own namespace
    And each of its keys is one, and the certificate beside it belongs to it
    And no other namespace has a copy of any of them

  @ac-5.2
  Scenario: The public certificate can be fetched
    When kubeseal fetches the certificate
    Then it is valid now and belongs to a key that the controller keeps
    And it can be sealed with for a month

  @ac-5.3
  Scenario: A SealedSecret becomes the matching Secret
    When a Secret with a value of its own is sealed and applied
    Then a Secret of that name holds that value and belongs to the SealedSecret
    And the same SealedSecret under another name is refused
    And each SealedSecret of the platform is unsealed, and under its own name alone
    And the Secret of each holds what it holds

  @ac-5.4 @needs-everything
  Scenario: What Git carries cannot be read without the cluster's private key
    Given every version of every file on every branch of every repository, also of branches that are gone
    Then none of them is a Secret or holds a secret value
    And each sealed value opens with the cluster's key
    And no version of any opens without a key or with the key of another cluster

  @ac-5.5 @needs-everything
  Scenario: Secret values reach a pod as variable and as file
    Given a sealed Secret in the cluster
    When a pod takes its value as an environment variable and as a file
    Then the pod sees the value both ways
    And the platform's pods take their secret values from Secrets alone, here and in production
    And nothing of the platform but Secrets holds a secret value, or a credential in clear, in any namespace

  @ac-5.6
  Scenario: The JWT secret comes out of its SealedSecret
    Then Git's SealedSecret "jwt-secret" became a Secret with the same value under "JWT_SECRET"

  @ac-5.7
  Scenario: The database's credentials come out of their SealedSecret
    Then Git's SealedSecret "database-credentials" became a Secret with the same value under "DATABASE_URL"
    And that value is the address of a PostgreSQL database

  @ac-5.8
  Scenario: A rotated value reaches the pod after a rollout restart, and not before
    Given a Deployment whose pod takes a value from a sealed Secret
    When another value is sealed and applied
    Then the Secret has the new value and the running pod still the old one
    When the Deployment is restarted
    Then its pod has the new value
    And every Secret and workload of the platform lets a rotated value through
