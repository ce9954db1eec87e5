Feature: End-to-end HTTPS access
  Users reach every service over HTTPS at its host name.

  Background:
    Given the services' routes are deployed

  @ac-12.1 @needs-frontend-service
  Scenario: https://www serves the home page
    When the page "/" is opened in a browser
    Then it is the site's page for "/", with the logo
    And it does not have the title, text or look of another page of the site
    And everything that it loads comes from the site with status 200 and the right media type
    And it and everything that it loads are the same on every request
    And every visitor gets it, regardless of language, device or how they arrived
    And a returning visitor's browser revalidates it after an hour at the latest

  @ac-12.2 @needs-backend-service
  Scenario: https://api returns a GraphQL answer
    When a GraphQL query is sent to the host "api" repeatedly
    Then each answer is a GraphQL answer with data

  @ac-12.3 @needs-auth-service
  Scenario: https://auth/api/health returns 200
    When the health path is requested from the host "auth"
    Then each answer is 200
    And the requests are answered only by pods of "auth-service"

  @ac-12.4 @system-LetsEncrypt
  Scenario: Every host has a certificate from the authority with at least 60 days left
    Then each host's certificate chains to the environment's authority
    And each has at least 60 days left
    And no route matches a host for which no certificate is ordered
    And certificates are ordered for all of its routes' hosts, here and in production

  @ac-12.5
  Scenario Outline: Plain HTTP is redirected to HTTPS with 301
    When each path of the host "<host>" is requested over plain HTTP
    Then GET is answered with 301 to the same host, path and query over HTTPS
    And every other method is redirected to the same page over HTTPS

    Examples:
      | host |
      | www  |
      | api  |
      | auth |
