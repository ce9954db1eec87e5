@system-Services @needs-frontend-service
Feature: Frontend service
  The frontend serves the site's pages, which are the files of a static export.

  Background:
    Given the frontend is deployed

  @ac-10.1
  Scenario: The frontend runs as two replicas or more
    Then at least 2 of its pods are ready, on different workers
    And nothing may run fewer than 2 of them, here and in production
    And each of these pods answers "/" by itself

  @ac-10.2
  Scenario: It serves the files of a Next.js static export
    Then its pods have a Next.js static export, all the same
    And users get every file of the export as it is
    And the export has every file that its pages name or need

  @ac-10.3
  Scenario: The frontend is served on port 3000 of the ClusterIP Service frontend-service
    Then its Service is of type ClusterIP and has port 3000
    And a pod on each worker is answered at "http://frontend-service:3000/"

  @ac-10.4
  Scenario: The health probe GET / is answered with 200
    Then its probes ask for GET "/"
    And GET "/" is answered with 200

  @ac-10.5
  Scenario: / is the home page
    When the page "/" is opened in a browser
    Then it is the page that the site has at "/", with its logo
    And what people see of it is not what they see of another page
    And all that it loads comes from the site, and works
    And it is answered the same way every time, with all that it loads
    And every visitor gets it, whatever their language, device or way here
    And whoever was here before asks for it again, to see what changed

  @ac-10.6
  Scenario: /consulting is the consulting page
    When the page "/consulting" is opened in a browser
    Then it is the page that the site has at "/consulting", with its logo
    And what people see of it is not what they see of another page
    And all that it loads comes from the site, and works
    And it is answered the same way every time, with all that it loads
    And every visitor gets it, whatever their language, device or way here
    And whoever was here before asks for it again, to see what changed

  @ac-10.7
  Scenario: /products is the products page
    When the page "/products" is opened in a browser
    Then it is the page that the site has at "/products", with its logo
    And what people see of it is not what they see of another page
    And all that it loads comes from the site, and works
    And it is answered the same way every time, with all that it loads
    And every visitor gets it, whatever their language, device or way here
    And whoever was here before asks for it again, to see what changed

  @ac-10.8
  Scenario: /products/web-services is the web-services page
    When the page "/products/web-services" is opened in a browser
    Then it is the page that the site has at "/products/web-services", with its logo
    And what people see of it is not what they see of another page
    And all that it loads comes from the site, and works
    And it is answered the same way every time, with all that it loads
    And every visitor gets it, whatever their language, device or way here
    And whoever was here before asks for it again, to see what changed

  @ac-10.9
  Scenario Outline: Static assets come with the right Content-Type
    Then <asset> comes as "<type>"
    And what a browser loads with the home page comes as what its name says

    Examples:
      | asset                          | type                |
      | "/assets/logo.svg"             | image/svg+xml       |
      | every file that the pages name | what its name says  |
