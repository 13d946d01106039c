"""True and false claims of every kind that the refuter meets; each witness is confirmed by mpmath.

A line is `declarations | assumptions | claim`. True claims are never refuted; false ones are, and the
second evaluator agrees that every hypothesis holds and that the claim fails.
"""

from __future__ import annotations

import pytest

from derive.core.claim import Obligation
from derive.core.verdict import Witness
from derive.engines.refute import refute
from tests.oracle_mpmath import second_opinion
from tests.test_refute_reader import obligation

TRUE = """\
a:real b:real |  | (a+b)**3-(a-b)**3 == 2*b*(3*a**2+b**2)
x:real | x!=1; x!=-1 | 1/(1-x)-1/(1+x) == 2*x/(1-x**2)
x:real | x!=0; x!=-1; x!=-2 | 1/(x*(x+1)*(x+2)) == 1/(2*x)-1/(x+1)+1/(2*(x+2))
m:real x:real s:pos t:pos |  | (m/s+x/t)/(1/s+1/t) == (t*m+s*x)/(s+t)
a:real b:real c:real d:real e:real f:real g:real h:real |  | \
(a**2+b**2+c**2+d**2)*(e**2+f**2+g**2+h**2) == \
(a*e-b*f-c*g-d*h)**2+(a*f+b*e+c*h-d*g)**2+(a*g-b*h+c*e+d*f)**2+(a*h+b*g-c*f+d*e)**2
a:pos b:pos |  | log(a**3/b) == 3*log(a)-log(b)
x:real | x!=0 | log(x**2) == 2*log(abs(x))
a:real b:real |  | exp(a)*exp(b)/exp(a-b) == exp(2*b)
x:real | cos(x)!=0 | sin(2*x)/(1+cos(2*x)) == tan(x)
x:real |  | sqrt(x**2) == abs(x)
 |  | exp(pi*sqrt(163)/2)*exp(pi*sqrt(163)/2)-exp(pi*sqrt(163)) == 0
x:real |  | D(1/(1+exp(-x)),x) == 1/(1+exp(-x))*(1-1/(1+exp(-x)))
x:real |  | tanh(x) == 2/(1+exp(-2*x))-1
x:real y:real |  | -y*log(1/(1+exp(-x)))-(1-y)*log(1-1/(1+exp(-x))) == log(1+exp(x))-y*x
n:dim z:vec(n) y:vec(n) j:index(n) | Sum(k,1,n,y[k])==1 | \
D(-Sum(k,1,n,y[k]*log(exp(z[k])/Sum(l,1,n,exp(z[l])))),z[j]) == \
exp(z[j])/Sum(l,1,n,exp(z[l]))-y[j]
n:dim z:vec(n) i:index(n) j:index(n) |  | D(exp(z[i])/Sum(k,1,n,exp(z[k])),z[j]) == \
exp(z[i])/Sum(k,1,n,exp(z[k]))*(kd(i,j)-exp(z[j])/Sum(k,1,n,exp(z[k])))
n:dim x:vec(n) u:real |  | Sum(i,1,n,(x[i]-u)**2) == Sum(i,1,n,x[i]**2)-2*u*Sum(i,1,n,x[i])+n*u**2
n:dim x:vec(n) u:real s:pos |  | D(-n/2*log(2*pi*s)-Sum(i,1,n,(x[i]-u)**2)/(2*s),s) == \
-n/(2*s)+Sum(i,1,n,(x[i]-u)**2)/(2*s**2)
n:dim x:vec(n) j:index(n) |  | D(Sum(i,1,n,(x[i]-Sum(k,1,n,x[k])/n)**2),x[j]) == \
2*(x[j]-Sum(k,1,n,x[k])/n)
n:dim m:dim a:vec(n) b:vec(m) |  | Sum(i,1,n,Sum(j,1,m,a[i]*b[j])) == \
Sum(j,1,m,b[j])*Sum(i,1,n,a[i])
n:dim x:vec(n+1) |  | Sum(i,1,n,x[i+1]-x[i]) == x[n+1]-x[1]
n:dim a:vec(n) b:vec(n) |  | Sum(i,1,n,Sum(j,1,i,a[i]*b[j])) == Sum(j,1,n,Sum(i,j,n,a[i]*b[j]))
n:dim a:vec(n) b:vec(n) |  | Sum(i,1,n,Sum(j,1,n,kd(i,j)*a[i]*b[j])) == Sum(i,1,n,a[i]*b[i])
n:dim A:mat(n,n) B:mat(n,n) |  | (A@B).T == B.T@A.T
n:dim A:mat(n,n) B:mat(n,n) C:mat(n,n) |  | tr(A@B@C) == tr(C@A@B)
n:dim A:inv(n) B:inv(n) |  | inv(A@B) == inv(B)@inv(A)
m:dim n:dim A:mat(m,n) B:mat(m,n) |  | fro2(A+B) == fro2(A)+2*tr(A.T@B)+fro2(B)
n:dim k:dim A:inv(n) C:inv(k) U:mat(n,k) V:mat(k,n) |  | inv(A+U@C@V) == \
inv(A)-inv(A)@U@inv(inv(C)+V@inv(A)@U)@V@inv(A)
n:dim A:sym(n) x:vec(n) y:vec(n) |  | dot(x-y,A@(x-y)) == dot(x,A@x)-2*dot(x,A@y)+dot(y,A@y)
n:dim p:dim X:mat(n,p) |  | X@inv(X.T@X)@X.T@X@inv(X.T@X)@X.T == X@inv(X.T@X)@X.T
m:dim n:dim A:mat(m,n) B:mat(m,n) C:mat(m,n) |  | tr(A.T@had(B,C)) == tr(had(A,B).T@C)
n:dim c:real A:mat(n,n) B:mat(n,n) |  | det(c*A@B) == c**n*det(A)*det(B)
n:dim p:dim X:mat(n,p) w:vec(p) y:vec(n) r:real |  | Grad(norm2(X@w-y)+r*norm2(w),w) == \
2*X.T@(X@w-y)+2*r*w
n:dim A:mat(n,n) W:mat(n,n) |  | Grad(tr(A@W@W),W) == (A@W).T+(W@A).T
n:dim A:mat(n,n) x:vec(n) |  | Grad(dot(x,A@x),x) == (A+A.T)@x
n:dim k:real P:inv(n) S:mat(n,n) |  | Grad(k/2*logdet(P)-k/2*tr(P@S),P) == k/2*(inv(P).T-S.T)
m:dim h:dim d:dim W:mat(m,h) V:mat(h,d) x:vec(d) y:vec(m) |  | Grad(norm2(W@tanh(V@x)-y)/2,V) \
== outer(had(W.T@(W@tanh(V@x)-y),1-tanh(V@x)**2),x)
n:dim A:inv(n) u:vec(n) v:vec(n) |  | Grad(dot(u,inv(A)@v),A) == -inv(A).T@outer(u,v)@inv(A).T
n:dim d:dim X:mat(n,d) w:vec(d) y:vec(n) |  | \
Grad(-dot(y,log(1/(1+exp(-X@w))))-dot(1-y,log(1-1/(1+exp(-X@w)))),w) == X.T@(1/(1+exp(-X@w))-y)
a:nonneg b:nonneg |  | sqrt(a*b) <= (a+b)/2
x:real y:real |  | abs(x+y) <= abs(x)+abs(y)
x:real |  | 1-x <= exp(-x)
a:pos b:pos t:real | t>=0; t<=1 | t*log(a)+(1-t)*log(b) <= log(t*a+(1-t)*b)
x:real y:real |  | log(exp(x)+exp(y)) <= max(x,y)+log(2)
o:real f:real g:real L:pos e:pos | abs(f-g)<=L | exp(-abs(o-f)*e/L)/exp(-abs(o-g)*e/L) <= exp(e)
e:real | e>=0; e<=1 | e*(exp(e)-1) <= 2*e**2
x:real |  | cosh(x) <= exp(x**2/2)
n:dim x:vec(n) y:vec(n) |  | dot(x,y)**2 <= dot(x,x)*dot(y,y)
n:dim |  | Sum(i,1,n,i**3) == (n*(n+1)/2)**2
n:dim r:real | r!=1 | Sum(i,0,n-1,r**i) == (1-r**n)/(1-r)
t:real |  | \
([[cos(t/2),I*sin(t/2)],[I*sin(t/2),cos(t/2)]])@([[1,0],[0,-1]])@([[cos(t/2),-I*sin(t/2)],[-I*si\
n(t/2),cos(t/2)]])@([[1],[0]]) == ([[cos(t)],[I*sin(t)]])
t:real |  | D(cos(t/2)**2-sin(t/2)**2,t) == \
((cos((t+pi/2)/2)**2-sin((t+pi/2)/2)**2)-(cos((t-pi/2)/2)**2-sin((t-pi/2)/2)**2))/2
 |  | \
([[1/sqrt(2),1/sqrt(2)],[1/sqrt(2),-1/sqrt(2)]])@([[0,1],[1,0]])@([[1/sqrt(2),1/sqrt(2)],[1/sqrt\
(2),-1/sqrt(2)]]) == ([[1,0],[0,-1]])
a:real b:real c:real d:real | a**2+b**2==1; c**2+d**2==1 | \
((a*c+c*a)**2+2*(a*d+c*b)**2+(b*d+d*b)**2)/4 == (1+(a*c+b*d)**2)/2
x:pos |  | sqrt(x**2) == x
x:pos y:pos |  | sqrt(x)*sqrt(y) == sqrt(x*y)
x:real |  | asinh(x) == log(x+sqrt(x**2+1))
x:real |  | abs(x**2-4) == abs(x-2)*abs(x+2)
x:real |  | x**0 == 1
n:nat x:real |  | Sum(k,0,n,binomial(n,k)*x**k) == (1+x)**n
x:nonneg |  | log(1+x) <= x
x:real y:real |  | abs(abs(x)-abs(y)) <= abs(x-y)
x:real y:real |  | 2*x*y <= x**2+y**2
x:pos |  | iff(x**2 == 4, x == 2)
x:real |  | iff(x**2 == 4, x == 2 or x == -2)
x:real |  | iff(x/(x-1) == 1/(x-1), x != x)
K:dim p:simplex(K) |  | Max(k,1,K,p[k]) <= 1
K:dim p:simplex(K) x:vec(K) |  | Sum(k,1,K,p[k]*x[k]) <= Max(k,1,K,x[k])
K:dim z:vec(K) |  | Jac(softmax(z),z) == diag(softmax(z))-outer(softmax(z),softmax(z))
K:dim z:vec(K) |  | Grad(logsumexp(z),z) == softmax(z)
n:dim A:posdef(n) |  | 0 < det(A)
n:dim A:posdef(n) |  | Grad(logdet(A),A) == inv(A)
n:dim A:sym(n) x:vec(n) |  | Grad(dot(x,A@x),x) == 2*A@x
n:dim A:mat(n,n) x:vec(n) |  | Hess(dot(x,A@x),x) == A+A.T
n:dim Q:mat(n,n) x:vec(n) | Q.T@Q == eye(n) | norm(Q@x) == norm(x)
n:dim P:mat(n,n) x:vec(n) | P@P == P | P@(P@x) == P@x
n:dim x:vec(n) | Sum(i,1,n,x[i]**2) == 1 | norm(x) == 1
n:dim x:vec(n) | All(i,1,n,x[i] == 0 or x[i] == 1) | Sum(i,1,n,x[i]**2) == Sum(i,1,n,x[i])
S:dim A:dim P:mat(S,A,S) V:vec(S) | All(s,1,S,All(a,1,A,Sum(t,1,S,P[s,a,t]) == 1)); \
All(s,1,S,All(a,1,A,All(t,1,S,P[s,a,t] >= 0))) | \
All(s,1,S,All(a,1,A,abs(Sum(t,1,S,P[s,a,t]*V[t])) <= norm_inf(V)))
u:real w:real d:nonneg | abs(u-w) <= d | u <= w+d
g:real | 0 < g; g < 1 | g**2 < g
n:dim x:vec(n) | Sum(i,1,n,x[i]) == 0 | mean(x) == 0
n:dim x:vec(n) |  | variance(x) == mean(x*x)-mean(x)**2
n:dim x:vec(n) |  | argmax(m, True, -Sum(i,1,n,(x[i]-m)**2)) == mean(x)
k:pos n:pos | k < n | argmax(p, p > 0 and p < 1, k*log(p)+(n-k)*log(1-p)) == k/n
x:real |  | Every(y, imp(y > x, exp(y) > exp(x)))
z:complex w:complex |  | abs(z*w) == abs(z)*abs(w)
z:complex |  | z*conj(z) == abs(z)**2
a:complex b:complex | a*conj(a)+b*conj(b) == 1 | abs(a)**2 <= 1
t:real |  | exp(I*t) == cos(t)+I*sin(t)
x:real | x != 0 | D(abs(x),x) == x/abs(x)
x:real |  | D(D(sin(x),x),x) == -sin(x)
x:pos |  | D(Gamma(x),x) == Gamma(x)*digamma(x)
x:real |  | D(erf(x),x) == 2/sqrt(pi)*exp(-x**2)
f:fun x:real a:real |  | D(a*f(x),x) == a*D(f(x),x)
n:dim i:index(n) j:index(n) |  | kd(i,j) == kd(j,i)
n:dim x:vec(n) y:vec(n) |  | norm(x+y) <= norm(x)+norm(y)
n:dim A:inv(n) |  | det(inv(A)) == 1/det(A)
m:dim n:dim p:dim A:mat(m,n) B:mat(n,p) |  | vec(A@B) == kron(B.T,eye(m))@vec(A)
x:real |  | floor(x) <= x
n:nat |  | factorial(n+1) == (n+1)*factorial(n)
n:dim a:posvec(n) |  | Prod(i,1,n,a[i]) == exp(Sum(i,1,n,log(a[i])))
x:real mu:real v:pos |  | log(pdf(Normal(mu,v),x)) == -log(2*pi*v)/2-(x-mu)**2/(2*v)
x:real y:real | x == y**2+1 | x >= 1
x:pos y:pos | x*y == 1 | log(x)+log(y) == 0
x:real y:real | x**2+y**2 == 25 | (x+y)**2 == 25+2*x*y
n:int |  | iff(n**2 == n, n == 0 or n == 1)
A:mat(2,2) |  | A@A-(A[1,1]+A[2,2])*A+det(A)*eye(2) == 0*eye(2)
x:real | x > 0 or x < -1 | x*(x+1) > 0
"""

FALSE = """\
a:real b:real |  | (a+b)**3-(a-b)**3 == 2*b*(3*a**2+2*b**2)
x:real | x!=1; x!=-1 | 1/(1-x)-1/(1+x) == 2*x/(1+x**2)
x:real | x!=0; x!=-1; x!=-2 | 1/(x*(x+1)*(x+2)) == 1/(2*x)-1/(x+1)-1/(2*(x+2))
m:real x:real s:pos t:pos |  | (m/s+x/t)/(1/s+1/t) == (s*m+t*x)/(s+t)
a:real b:real c:real d:real e:real f:real g:real h:real |  | \
(a**2+b**2+c**2+d**2)*(e**2+f**2+g**2+h**2) == \
(a*e-b*f-c*g-d*h)**2+(a*f+b*e+c*h-d*g)**2+(a*g-b*h+c*e+d*f)**2+(a*h+b*g+c*f+d*e)**2
a:pos b:pos |  | log(a**3/b) == 3*log(a)/log(b)
a:real b:real |  | exp(a)*exp(b)/exp(a-b) == exp(2*a)
x:real | cos(x)!=0 | sin(2*x)/(1+cos(2*x)) == tan(x/2)
x:real |  | sqrt(x**2) == x
 |  | exp(pi*sqrt(163)) == 640320**3+744
x:real |  | D(1/(1+exp(-x)),x) == 1/(1+exp(-x))*(1+1/(1+exp(-x)))
x:real |  | tanh(x) == 2/(1+exp(-x))-1
x:real y:real |  | -y*log(1/(1+exp(-x)))-(1-y)*log(1-1/(1+exp(-x))) == log(1+exp(x))+y*x
n:dim z:vec(n) y:vec(n) j:index(n) |  | \
D(-Sum(k,1,n,y[k]*log(exp(z[k])/Sum(l,1,n,exp(z[l])))),z[j]) == \
exp(z[j])/Sum(l,1,n,exp(z[l]))-y[j]
n:dim z:vec(n) i:index(n) j:index(n) |  | D(exp(z[i])/Sum(k,1,n,exp(z[k])),z[j]) == \
exp(z[i])/Sum(k,1,n,exp(z[k]))*(kd(i,j)-exp(z[i])/Sum(k,1,n,exp(z[k])))
n:dim x:vec(n) u:real |  | Sum(i,1,n,(x[i]-u)**2) == Sum(i,1,n,x[i]**2)-2*u*Sum(i,1,n,x[i])+u**2
n:dim x:vec(n) u:real s:pos |  | D(-n/2*log(2*pi*s)-Sum(i,1,n,(x[i]-u)**2)/(2*s),s) == \
-n/(2*s)-Sum(i,1,n,(x[i]-u)**2)/(2*s**2)
n:dim x:vec(n) j:index(n) |  | D(Sum(i,1,n,(x[i]-Sum(k,1,n,x[k])/n)**2),x[j]) == \
2*(1-1/n)*(x[j]-Sum(k,1,n,x[k])/n)
n:dim a:vec(n) b:vec(n) |  | Sum(i,1,n,Sum(j,1,n,a[i]*b[j])) == Sum(i,1,n,a[i]*b[i])
n:dim x:vec(n+1) |  | Sum(i,1,n,x[i+1]-x[i]) == x[n]-x[1]
n:dim a:vec(n) b:vec(n) |  | Sum(i,1,n,Sum(j,1,i,a[i]*b[j])) == Sum(j,1,n,Sum(i,1,j,a[i]*b[j]))
n:dim a:vec(n) b:vec(n) |  | Sum(i,1,n,Sum(j,1,n,kd(i,j)*a[i]*b[j])) == \
Sum(i,1,n,a[i])*Sum(i,1,n,b[i])
n:dim A:mat(n,n) B:mat(n,n) |  | (A@B).T == A.T@B.T
n:dim A:mat(n,n) B:mat(n,n) C:mat(n,n) |  | tr(A@B@C) == tr(A@C@B)
n:dim A:inv(n) B:inv(n) |  | inv(A@B) == inv(A)@inv(B)
m:dim n:dim A:mat(m,n) B:mat(m,n) |  | fro2(A+B) == fro2(A)+tr(A.T@B)+fro2(B)
n:dim k:dim A:inv(n) C:inv(k) U:mat(n,k) V:mat(k,n) |  | inv(A+U@C@V) == \
inv(A)+inv(A)@U@inv(inv(C)+V@inv(A)@U)@V@inv(A)
n:dim A:mat(n,n) x:vec(n) y:vec(n) |  | dot(x-y,A@(x-y)) == dot(x,A@x)-2*dot(x,A@y)+dot(y,A@y)
n:dim p:dim X:mat(n,p) |  | X@inv(X.T@X)@X.T@X@inv(X.T@X)@X.T == -X@inv(X.T@X)@X.T
m:dim n:dim A:mat(m,n) B:mat(m,n) C:mat(m,n) |  | tr(A.T@had(B,C)) == tr(had(A,B)@C.T)+tr(A.T@B)
n:dim c:real A:mat(n,n) B:mat(n,n) |  | det(c*A@B) == c*det(A)*det(B)
n:dim p:dim X:mat(n,p) w:vec(p) y:vec(n) r:real |  | Grad(norm2(X@w-y)+r*norm2(w),w) == \
2*X.T@(X@w-y)+r*w
n:dim A:mat(n,n) W:mat(n,n) |  | Grad(tr(A@W@W),W) == A@W+W@A
n:dim A:mat(n,n) x:vec(n) |  | Grad(dot(x,A@x),x) == 2*A@x
n:dim k:real P:inv(n) S:mat(n,n) |  | Grad(k/2*logdet(P)-k/2*tr(P@S),P) == k/2*(inv(P)-S.T)
m:dim h:dim d:dim W:mat(m,h) V:mat(h,d) x:vec(d) y:vec(m) |  | Grad(norm2(W@tanh(V@x)-y)/2,V) \
== outer(had(W.T@(W@tanh(V@x)-y),1-tanh(V@x)),x)
n:dim A:inv(n) u:vec(n) v:vec(n) |  | Grad(dot(u,inv(A)@v),A) == -inv(A)@outer(u,v)@inv(A)
n:dim d:dim X:mat(n,d) w:vec(d) y:vec(n) |  | \
Grad(-dot(y,log(1/(1+exp(-X@w))))-dot(1-y,log(1-1/(1+exp(-X@w)))),w) == X.T@(y-1/(1+exp(-X@w)))
a:nonneg b:nonneg |  | sqrt(a*b) <= (a+b)/3
x:real y:real |  | abs(x+y) <= abs(x)+y
x:real |  | 1-x/2 <= exp(-x)
a:pos b:pos t:real | t>=0; t<=1 | t*log(a)+(1-t)*log(b) <= log(t*b+(1-t)*a)
x:real y:real |  | log(exp(x)+exp(y)) <= max(x,y)+1/2
o:real f:real g:real L:pos e:pos | abs(f-g)<=L | exp(-abs(o-f)*e/L)/exp(-abs(o-g)*e/L) <= exp(e/2)
e:real | e>=0; e<=1 | e*(exp(e)-1) <= e**2
x:real |  | cosh(x) <= exp(x**2/3)
n:dim x:vec(n) y:vec(n) |  | dot(x,y)**2 <= dot(x,x)*dot(y,y)/2
n:dim |  | Sum(i,1,n,i**3) == (n*(n-1)/2)**2
n:dim r:real | r!=1 | Sum(i,0,n-1,r**i) == (1-r**(n+1))/(1-r)
t:real |  | \
([[cos(t/2),I*sin(t/2)],[I*sin(t/2),cos(t/2)]])@([[1,0],[0,-1]])@([[cos(t/2),-I*sin(t/2)],[-I*si\
n(t/2),cos(t/2)]])@([[1],[0]]) == ([[cos(t)],[-I*sin(t)]])
t:real |  | D(cos(t/2)**2-sin(t/2)**2,t) == \
(cos((t+pi/2)/2)**2-sin((t+pi/2)/2)**2)-(cos((t-pi/2)/2)**2-sin((t-pi/2)/2)**2)
 |  | \
([[1/sqrt(2),1/sqrt(2)],[1/sqrt(2),-1/sqrt(2)]])@([[0,1],[1,0]])@([[1/sqrt(2),1/sqrt(2)],[1/sqrt\
(2),-1/sqrt(2)]]) == ([[0,-I],[I,0]])
a:real b:real c:real d:real |  | ((a*c+c*a)**2+2*(a*d+c*b)**2+(b*d+d*b)**2)/4 == \
(1+(a*c+b*d)**2)/2
x:real |  | (x**2)**(1/2) == x**(2*(1/2))
x:real | x != 0 | atan(x)+atan(1/x) == pi/2
 |  | 1/factorial(50) == 1/factorial(52)
 |  | acos(7823207/7823209) == 0
x:real |  | x**5 == x
n:nat x:vec(n) y:vec(n) |  | Sum(k,1,n,x[k]*y[k]) == Sum(k,1,n,x[k])*Sum(k,1,n,y[k])
n:nat |  | Sum(k,0,n,(-1)**k) == 1/2
x:real |  | iff(x-1 == 2*sqrt(x+2), (x-1)**2 == 4*(x+2))
x:real |  | iff(x/(x-1) == 1/(x-1), x == 1)
x:real y:real | x != 0; y != 0; x <= y | 1/y <= 1/x
x:pos y:pos |  | log((x+y)/2) <= (log(x)+log(y))/2
n:dim A:mat(n,n) |  | det(2*A) == 2*det(A)
K:dim z:vec(K) |  | Jac(softmax(z),z) == diag(softmax(z)*(1-softmax(z)))
n:dim A:mat(n,n) |  | Grad(tr(A.T@A),A) == A
n:dim p:dim X:mat(n,p) w:vec(p) y:vec(n) |  | Grad(mean((X@w-y)*(X@w-y)),w) == 2*X.T@(X@w-y)
x:real |  | iff(x**2 == 1, x == 1)
x:real |  | iff(x**3 == x, x == 0 or x == 1)
x:real |  | 0 < x**2
x:real y:real |  | (x-y)**2 != 0
K:dim p:simplex(K) |  | Max(k,1,K,p[k]) < 1
K:dim p:simplex(K) |  | Sum(k,1,K,p[k]**2) == 1
n:dim A:posdef(n) |  | 1 <= det(A)
n:dim A:inv(n) |  | 0 < det(A)
n:dim A:sym(n) x:vec(n) |  | Grad(dot(x,A@x),x) == A@x
n:dim Q:mat(n,n) | Q.T@Q == eye(n) | det(Q) == 1
n:dim P:mat(n,n) | P@P == P | P == eye(n)
n:dim x:vec(n) | Sum(i,1,n,x[i]**2) == 1 | Sum(i,1,n,x[i]) <= 1
n:dim x:vec(n) | All(i,1,n,x[i] == 0 or x[i] == 1) | Sum(i,1,n,x[i]) < n
S:dim A:dim P:mat(S,A,S) V:vec(S) | All(s,1,S,All(a,1,A,Sum(t,1,S,P[s,a,t]) == 1)); \
All(s,1,S,All(a,1,A,All(t,1,S,P[s,a,t] >= 0))) | \
All(s,1,S,All(a,1,A,abs(Sum(t,1,S,P[s,a,t]*V[t])) <= norm_inf(V)/2))
u:real w:real d:nonneg | abs(u-w) <= d | u <= w
g:real | 0 < g; g < 1 | g < g**2
n:dim x:vec(n) | Sum(i,1,n,x[i]) == 0 | norm(x) == 0
n:dim x:vec(n) |  | variance(x) == mean(x*x)
n:dim x:vec(n) |  | argmax(m, True, -Sum(i,1,n,(x[i]-m)**2)) == Sum(i,1,n,x[i])
k:pos n:pos | k < n | argmax(p, p > 0 and p < 1, k*log(p)+(n-k)*log(1-p)) == n/k
x:real |  | Every(y, imp(y > x, y**2 > x**2))
z:complex |  | z*conj(z) == z**2
a:complex b:complex | a*conj(a)+b*conj(b) == 1 | a == b
t:real |  | exp(I*t) == cos(t)-I*sin(t)
x:real | x != 0 | D(abs(x),x) == 1
x:real |  | D(D(sin(x),x),x) == sin(x)
x:pos |  | D(Gamma(x),x) == digamma(x)
n:dim i:index(n) j:index(n) |  | kd(i,j) == 1
n:dim x:vec(n) y:vec(n) |  | norm(x)+norm(y) <= norm(x+y)
m:dim n:dim p:dim A:mat(m,n) B:mat(n,p) |  | vec(A@B) == kron(eye(p),A.T)@vec(B)
x:real |  | floor(x) == x
n:nat |  | factorial(n) <= 2**n
n:dim a:posvec(n) |  | Prod(i,1,n,a[i]) == Sum(i,1,n,log(a[i]))
x:real mu:real v:pos |  | log(pdf(Normal(mu,v),x)) == -log(2*pi*v)/2-(x-mu)**2/v
x:real y:real | x == y**2+1 | x > 1
x:pos y:pos | x*y == 1 | x == y
x:real y:real | x**2+y**2 == 25 | x+y <= 5
n:int |  | iff(n**2 == n, n == 1)
x:real | x > 0 or x < -1 | x > 0
n:dim x:vec(n) |  | Max(i,1,n,x[i]) == Sum(i,1,n,x[i])
n:dim x:vec(n) i:index(n) |  | D(Sum(k,1,n,x[k]**2),x[i]) == Sum(k,1,n,2*x[k])
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def from_line(line: str) -> Obligation:
    declarations, assume, claim = line.split("|", 2)
    return obligation(declarations, assume, claim)


def test_the_corpus_is_large() -> None:
    assert len(lines(TRUE)) >= 60
    assert len(lines(FALSE)) >= 60


@pytest.mark.parametrize("line", lines(TRUE))
def test_true_claims_are_never_refuted(line: str) -> None:
    found = refute(from_line(line))
    assert not isinstance(found, Witness), found
    assert found.held >= 1
    assert found.undecided <= 4


@pytest.mark.parametrize("line", lines(FALSE))
def test_false_claims_are_refuted_and_confirmed(line: str) -> None:
    question = from_line(line)
    found = refute(question)
    assert isinstance(found, Witness), found
    opinion = second_opinion(question.claim, question.context, found)
    assert opinion.hypotheses
    assert not opinion.holds
